"""Reads a story: its terminals, its tokens and its steps, checked before anything runs."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terminal_sim.actions import ACTIONS
from terminal_sim.bench import DEVICES
from terminal_sim.expectations import EXPECTATIONS, TIMEOUT_S
from terminal_sim.parts.board import READERS
from terminal_sim.scenarios.places import Places, in_toml_error
from terminal_sim.scenarios.telling import TELLING
from terminal_sim.scenarios.toml_text import value_text
from terminal_sim.tokens import HOW, RANDOM, TAKES, check_uid, is_token
from terminal_sim.values import BadAction, check_value

# Everything that a step can be.
VOCABULARY = {**TELLING, **ACTIONS, **EXPECTATIONS}
# What a step says beside that.
MODIFIERS = ("terminal", "token", "at_s", "timeout_s")
KEYS = ("title", "tokens", "terminals", "setup", "steps")
# What is checked of a terminal's settings, and what whoever plays the story gives it.
SETTINGS = {"device": DEVICES, "reader": READERS, "display": ("lcd", "oled"), "language": ("en", "de")}
NOT_TOLD = ("name", "ledger_url", "api_token", "board")
# What may be done to all terminals at once.
TO_ALL = ("clock_forward_s", *TELLING)
NAMES_IN_BRACES = re.compile(r"\{(\w+)\}")


class BadStory(ValueError):
    """The file is no story; the message says file, line and what was expected."""


@dataclass(frozen=True)
class Step:
    """One step: what is done or expected, at which terminal, with which token.

    With `at_s` it happens when the story is so old, whatever the other steps do meanwhile; the others
    follow each other. `line` is where it stands in the file, 0 when it stands in none.
    """

    number: int
    action: str
    value: Any
    terminal: str | None = None
    token: str | None = None
    timeout_s: float = TIMEOUT_S
    at_s: float | None = None
    line: int = field(default=0, compare=False)

    def __str__(self) -> str:
        value = value_text(self.value) if isinstance(self.value, dict) else self.value
        words = [self.terminal or self.token, self.action, None if value is True else value]
        return f"step {self.number}: {' '.join(str(word) for word in words if word is not None)}"


@dataclass(frozen=True)
class Story:
    """A title, terminals by name with their settings, tokens by name, and steps.

    A token is what terminal_sim.tokens takes, where a clone may name another token of the story. `setup`
    are commands of `tapledger` that furnish a ledger for it, with names of tokens and terminals in braces.
    """

    title: str
    terminals: dict[str, dict[str, Any]]
    tokens: dict[str, str | dict[str, Any]]
    steps: tuple[Step, ...]
    setup: tuple[str, ...] = ()


def read_story(path: Path) -> Story:
    """Read and check a story; BadStory when there is anything wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, what = in_toml_error(str(error))
        raise BadStory(f"{path}:{line or len(text.splitlines())}: this is no TOML: {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadStory(f"{path}: {error}") from None
    return _Reader(path, Places(text), raw).story()


class _Reader:
    """Checks what TOML says, and knows where it says so."""

    def __init__(self, path: Path, places: Places, raw: dict[str, Any]) -> None:
        self._path = path
        self._places = places
        self._raw = raw

    def story(self) -> Story:
        for key in self._raw:
            if key not in KEYS:
                raise self._bad(self._places.of_table(key), f"{key} is not known here: {', '.join(KEYS)}")
        title = self._raw.get("title", self._path.stem)
        if not isinstance(title, str):
            raise self._bad(self._places.of_key("title"), "the title is a text")
        self._check_terminals()
        self._check_tokens()
        self._check_setup()
        steps = self._raw.get("steps", [])
        if not isinstance(steps, list) or not steps:
            raise self._bad(1, "there is no step in it: write [[steps]]")
        return Story(
            title,
            self._raw["terminals"],
            self._raw.get("tokens", {}),
            tuple(self._step(number, step) for number, step in enumerate(steps, 1)),
            tuple(self._raw.get("setup", ())),
        )

    def _bad(self, line: int, what: str) -> BadStory:
        return BadStory(f"{self._path}:{line}: {what}")

    def _check_terminals(self) -> None:
        terminals = self._raw.get("terminals", {})
        if not isinstance(terminals, dict) or not terminals:
            raise self._bad(1, "there is no terminal in it: write [terminals.NAME] and device = …")
        for name, settings in terminals.items():
            given = settings if isinstance(settings, dict) else {}
            for key, allowed in SETTINGS.items():
                # A device there must be; of the others each has one that is usual.
                if given.get(key, None if key == "device" else allowed[0]) not in allowed:
                    line = self._places.of_table(f"terminals.{name}", key)
                    raise self._bad(line, f"terminal {name} needs a {key}: one of {', '.join(allowed)}")
            for key in NOT_TOLD:
                if key in given:
                    line = self._places.of_table(f"terminals.{name}", key)
                    raise self._bad(line, f"{key} of terminal {name} is not the story's: leave it out")

    def _check_tokens(self) -> None:
        tokens = self._raw.get("tokens", {})
        if not isinstance(tokens, dict):
            raise self._bad(self._places.of_key("tokens"), "tokens is a table: write [tokens]")
        for name, token in tokens.items():
            line = self._places.of_table("tokens", name)
            original = token.get("clone_of") if isinstance(token, dict) else None
            if not isinstance(token, (str, dict)) or (original is None and not is_token(token)):
                raise self._bad(line, f"token {name} is {TAKES}, not {token!r}")
            if original is not None and not isinstance(tokens.get(original), str):
                raise self._bad(line, f"token {name} is a clone of {original!r}, and there is no such token")
            try:
                if isinstance(token, str) and token != RANDOM:
                    check_uid(token)
            except ValueError as error:
                raise self._bad(line, str(error)) from None

    def _check_setup(self) -> None:
        setup = self._raw.get("setup", [])
        line = self._places.of_key("setup")
        if not isinstance(setup, list) or not all(isinstance(command, str) for command in setup):
            raise self._bad(line, "setup is a list of commands, such as 'wallet open --token {anna}'")
        for command in setup:
            try:
                self._check_names(command)
            except BadAction as error:
                raise self._bad(line, str(error)) from None

    def _check_names(self, command: str) -> None:
        tokens = self._raw.get("tokens", {})
        known = [*self._raw["terminals"], *(name for name in tokens if _has_wallet(tokens[name]))]
        for name in NAMES_IN_BRACES.findall(command):
            if name not in known:
                listed = ", ".join(known)
                raise BadAction(f"no terminal and no token with a wallet is {name}; there are {listed}")

    def _step(self, number: int, raw: Any) -> Step:
        if not isinstance(raw, dict):
            raise self._bad(self._places.of_step(number), f"step {number} is a table: write [[steps]]")
        actions = [name for name in raw if name not in MODIFIERS]
        if len(actions) != 1 or actions[0] not in VOCABULARY:
            line = self._places.of_step(number, next(iter(set(actions) - set(VOCABULARY)), None))
            found = f"it has {', '.join(actions)}" if actions else "it has none"
            raise self._bad(line, f"step {number} needs exactly one of {', '.join(VOCABULARY)}; {found}")
        step = Step(
            number,
            actions[0],
            raw[actions[0]],
            raw.get("terminal"),
            raw.get("token"),
            raw.get("timeout_s", TIMEOUT_S),
            raw.get("at_s"),
            self._places.of_step(number),
        )
        try:
            self._check_step(step)
        except BadAction as error:
            line = self._places.of_step(number, step.action)
            raise self._bad(line, f"step {number}: {error}") from None
        return step

    def _check_step(self, step: Step) -> None:
        check_value("timeout_s", step.timeout_s, (int, float), "seconds above 0", lambda left: left > 0)
        if step.at_s is not None:
            check_value("at_s", step.at_s, (int, float), "seconds from 0 on", lambda when: when >= 0)
            if step.action not in ACTIONS:
                raise BadAction(f"{step.action} follows the step before it, and only actions have at_s")
        terminals, tokens = self._raw["terminals"], self._raw.get("tokens", {})
        if step.action == "tap":
            self._check_tap(step.value)
        else:
            VOCABULARY[step.action].check(step.action, step.value)
        of_token = step.action in EXPECTATIONS and EXPECTATIONS[step.action].is_of_token
        if step.terminal is None and not of_token and step.action not in TO_ALL:
            raise BadAction(f"{step.action} needs a terminal: {', '.join(terminals)}")
        if step.terminal is not None and step.terminal not in terminals:
            raise BadAction(f"there is no terminal {step.terminal}; there are {', '.join(terminals)}")
        if of_token and not _has_wallet(tokens.get(step.token)):
            raise BadAction(f"there is no token {step.token} with a wallet; {_listed(tokens)}")
        if step.action == "operator":
            self._check_names(step.value)

    def _check_tap(self, value: Any) -> None:
        tokens = self._raw.get("tokens", {})
        table = value if isinstance(value, dict) else {"token": value}
        how = {key: table[key] for key in HOW if key in table}
        if set(table) - {"token", *HOW} or not is_token({"random": True, **how}):
            raise BadAction(f"tap takes a token, or a table of token, {', '.join(HOW)}, not {value!r}")
        if not isinstance(table.get("token"), str) or table["token"] not in tokens:
            raise BadAction(f"there is no token {table.get('token')}; {_listed(tokens)}")


def _has_wallet(token: Any) -> bool:
    return isinstance(token, str) and token != RANDOM


def _listed(tokens: dict[str, Any]) -> str:
    return f"there are {', '.join(tokens)}" if tokens else "there are none: write [tokens]"
