"""Writes a story as TOML: what was recorded can be read, changed and played again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from terminal_sim.expectations import TIMEOUT_S
from terminal_sim.scenarios.story import Step, Story
from terminal_sim.scenarios.toml_text import key_text, pairs_text, value_text


def write_story(story: Story) -> str:
    """Return the text of a story's file; reading it gives an equal story."""
    return "\n".join(_lines(story)) + "\n"


def _lines(story: Story) -> Iterator[str]:
    yield f"title = {value_text(story.title)}"
    if story.setup:
        yield "setup = ["
        yield from (f"    {value_text(command)}," for command in story.setup)
        yield "]"
    if story.tokens:
        yield from ("", "[tokens]", *pairs_text(story.tokens))
    for name, settings in story.terminals.items():
        yield from ("", f"[terminals.{key_text(name)}]", *pairs_text(settings))
    for step in story.steps:
        yield from ("", "[[steps]]", *pairs_text(_told(step)))


def _told(step: Step) -> dict[str, Any]:
    """Return what is to be said of a step; what is as usual is left out."""
    timeout_s = None if step.timeout_s == TIMEOUT_S else step.timeout_s
    said = {"at_s": step.at_s, "terminal": step.terminal, "token": step.token}
    said |= {step.action: step.value, "timeout_s": timeout_s}
    return {key: value for key, value in said.items() if value is not None}
