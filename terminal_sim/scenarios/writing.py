"""Writes a story as TOML: what was recorded can be read, changed and played again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from terminal_sim.expectations import TIMEOUT_S
from terminal_sim.scenarios.story import Step, Story

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write_story(story: Story) -> str:
    """Return the text of a story's file; reading it gives an equal story."""
    return "\n".join(_lines(story)) + "\n"


def _lines(story: Story) -> Iterator[str]:
    yield f"title = {_value(story.title)}"
    if story.setup:
        yield "setup = ["
        yield from (f"    {_value(command)}," for command in story.setup)
        yield "]"
    if story.tokens:
        yield from ("", "[tokens]", *_pairs(story.tokens))
    for name, settings in story.terminals.items():
        yield from ("", f"[terminals.{_key(name)}]", *_pairs(settings))
    for step in story.steps:
        yield from ("", "[[steps]]", *_pairs(_told(step)))


def _told(step: Step) -> dict[str, Any]:
    """Return what is to be said of a step; what is as usual is left out."""
    timeout_s = None if step.timeout_s == TIMEOUT_S else step.timeout_s
    said = {"at_s": step.at_s, "terminal": step.terminal, "token": step.token}
    said |= {step.action: step.value, "timeout_s": timeout_s}
    return {key: value for key, value in said.items() if value is not None}


def _pairs(table: dict[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(_pairs(value))
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, str):
        # JSON's texts are TOML's too, but for this one character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
