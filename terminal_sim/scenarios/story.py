"""Reads a story: its terminals, its tokens and its steps, checked before anything runs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Each action and the kinds of value that it takes.
ACTIONS: dict[str, tuple[type, ...]] = {
    "say": (str,),
    "tap": (str,),
    "untap": (bool,),
    "press": (str, int),
    "keys": (str,),
    "coin": (int,),
    "offline": (bool,),
    "online": (bool,),
    "stall": (bool,),
    "drop_answer": (str,),
    "drop_request": (str,),
    "answer_once": (int,),
    "cut_power": (bool,),
    "cut_power_when": (str,),
    "cut_power_at": (int,),
    "boot": (bool,),
    "run_for": (int, float),
    "expect_display": (str,),
    "expect_relay": (int,),
    "expect_posts": (int,),
    "expect_keys": (int,),
    "expect_power": (bool,),
    "expect_balance": (int,),
    "expect_change": (int,),
}
WITHOUT_TERMINAL = ("say", "run_for", "expect_balance", "expect_change")
OF_A_TOKEN = ("expect_balance", "expect_change")


class BadStory(ValueError):
    """The file is no story; the message says where and why."""


@dataclass(frozen=True)
class Step:
    """One step: what is done or expected, at which terminal, with which token."""

    number: int
    action: str
    value: Any
    terminal: str | None
    token: str | None
    timeout_s: float

    def __str__(self) -> str:
        where = self.terminal or self.token or ""
        return f"step {self.number}: {where} {self.action} {self.value}".replace("  ", " ")


@dataclass(frozen=True)
class Story:
    """A title, terminals by name with their settings, tokens by name with their ids, and steps."""

    title: str
    terminals: dict[str, dict[str, Any]]
    tokens: dict[str, str]
    steps: tuple[Step, ...]


def read_story(path: Path) -> Story:
    """Read and check a story; BadStory when there is anything wrong with it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadStory(f"{path.name}: {error}") from None
    terminals = raw.get("terminals", {})
    tokens = raw.get("tokens", {})
    if not isinstance(terminals, dict) or not terminals:
        raise BadStory(f"{path.name}: there is no terminal in it")
    for name, settings in terminals.items():
        if not isinstance(settings, dict) or not isinstance(settings.get("device"), str):
            raise BadStory(f"{path.name}: terminal {name} needs a device")
    steps = raw.get("steps", [])
    if not isinstance(steps, list) or not steps:
        raise BadStory(f"{path.name}: there is no step in it")
    checked = tuple(_step(path.name, number, step, raw) for number, step in enumerate(steps, 1))
    return Story(str(raw.get("title", path.stem)), terminals, tokens, checked)


def _step(file: str, number: int, raw: Any, story: dict[str, Any]) -> Step:
    where = f"{file}: step {number}"
    if not isinstance(raw, dict):
        raise BadStory(f"{where} is no table")
    actions = [name for name in raw if name not in ("terminal", "token", "timeout_s")]
    if len(actions) != 1 or actions[0] not in ACTIONS:
        raise BadStory(f"{where} needs exactly one of {', '.join(ACTIONS)}; it has {', '.join(actions)}")
    action, value = actions[0], raw[actions[0]]
    kinds = ACTIONS[action]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise BadStory(f"{where}: {action} takes {' or '.join(kind.__name__ for kind in kinds)}")
    terminal, token = raw.get("terminal"), raw.get("token")
    if terminal is None and action not in WITHOUT_TERMINAL:
        raise BadStory(f"{where}: {action} needs a terminal")
    if terminal is not None and terminal not in story["terminals"]:
        raise BadStory(f"{where}: there is no terminal {terminal}")
    named = value if action == "tap" else token
    if (action == "tap" or action in OF_A_TOKEN) and named not in story.get("tokens", {}):
        raise BadStory(f"{where}: there is no token {named}")
    return Step(number, action, value, terminal, token, float(raw.get("timeout_s", 30)))
