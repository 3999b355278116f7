"""Who plays in a story: the UIDs behind its tokens, the ids and api_tokens of its terminals."""

from __future__ import annotations

import os
import random
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from terminal_sim.scenarios.operator import CommandRefused, Operator
from terminal_sim.scenarios.story import NAMES_IN_BRACES, Story
from terminal_sim.tokens import HOW, RANDOM


@dataclass(frozen=True)
class Cast:
    """Tokens by name as terminal_sim.tokens takes them, and what the ledger calls and gives each terminal."""

    tokens: dict[str, str | dict[str, Any]]
    ids: dict[str, str]
    api_tokens: dict[str, str]

    def token(self, value: str | dict[str, Any]) -> str | dict[str, Any]:
        """Return what a step's `tap` means."""
        table = value if isinstance(value, dict) else {"token": value}
        named = self.tokens[table["token"]]
        how = {key: table[key] for key in HOW if key in table}
        if not how:
            return named
        which = named if isinstance(named, dict) else {"random": True} if named == RANDOM else {"uid": named}
        return which | how

    def words(self, command: str) -> list[str]:
        """Return the words of a command, with ids in the place of names in braces."""
        known = self.ids | {name: token for name, token in self.tokens.items() if isinstance(token, str)}
        return shlex.split(NAMES_IN_BRACES.sub(lambda found: known[found[1]], command))


def given(story: Story, api_tokens: dict[str, str]) -> Cast:
    """Return the cast of a ledger that is furnished already: the story's own UIDs, and api_tokens as given.

    Those that are not given come from the environment; ValueError when one is missing.
    """
    found = {name: _api_token(name, api_tokens) for name in story.terminals}
    return Cast(_resolved(story.tokens), {name: name for name in story.terminals}, found)


def prepared(
    story: Story, operator: Operator, say: Callable[[str], Any], dice: random.Random | None = None
) -> Cast:
    """Let an operator furnish a ledger for a story, and return its cast; ValueError when that fails.

    UIDs and ids are new ones each time, so that a story can be played again on the same ledger.
    """
    if not story.setup:
        raise ValueError(f"{story.title!r} has no setup: it can only be played with --api-token")
    dice = dice or random.SystemRandom()
    tokens = {name: _renewed(token, dice) for name, token in story.tokens.items()}
    ids = {name: f"{name}-{dice.randbytes(4).hex()}".lower() for name in story.terminals}
    cast = Cast(_resolved(tokens), ids, {})
    for command in story.setup:
        say(f"setup: {command}")
        try:
            answer = operator.type(*cast.words(command))
        except CommandRefused as refusal:
            raise ValueError(f"the setup's {command!r} was refused: {refusal}") from refusal
        for name, known_as in ids.items():
            if isinstance(answer, dict) and "api_token" in answer and answer["id"] == known_as:
                cast.api_tokens[name] = answer["api_token"]
    missing = [name for name in story.terminals if name not in cast.api_tokens]
    if missing:
        raise ValueError(f"the setup adds no terminal {missing[0]}: 'terminal add {{{missing[0]}}} …'")
    return cast


def _renewed(token: str | dict[str, Any], dice: random.Random) -> str | dict[str, Any]:
    """Return another UID of the same kind; the first byte tells the kind."""
    if not isinstance(token, str) or token == RANDOM:
        return token
    return token[:2].upper() + dice.randbytes(len(token) // 2 - 1).hex().upper()


def _resolved(tokens: dict[str, str | dict[str, Any]]) -> dict[str, str | dict[str, Any]]:
    """Put UIDs in the place of the names of clones' originals."""
    return {
        name: token | {"clone_of": tokens[token["clone_of"]]}
        if isinstance(token, dict) and "clone_of" in token
        else token
        for name, token in tokens.items()
    }


def _api_token(name: str, api_tokens: dict[str, str]) -> str:
    variable = "TAPLEDGER_API_TOKEN_" + name.upper().replace("-", "_")
    token = api_tokens.get(name) or os.environ.get(variable)
    if not token:
        raise ValueError(f"the terminal {name} needs --prepare, --api-token {name}=… or {variable}")
    return token
