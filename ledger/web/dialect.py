"""The contract that a published API fills in: its prefix, its routes, and its words for a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint

from ledger.foundation.errors import Refusal

if TYPE_CHECKING:
    from ledger.web.express import ExpressRoute


@dataclass(frozen=True)
class Dialect:
    """One published API.

    `say` turns any refusal, ours or HTTP's, into the dialect's own body and status. `express` are the
    routes that have a short way (see `web.express`).
    """

    name: str
    prefix: str
    title: str
    description: str
    blueprints: tuple[Blueprint, ...]
    say: Callable[[Refusal], ResponseReturnValue]
    security_schemes: dict[str, dict] = field(default_factory=dict)
    express: tuple[ExpressRoute, ...] = ()

    def speaks(self, path: str) -> bool:
        """Say whether a path belongs to this dialect."""
        return path == self.prefix or path.startswith(f"{self.prefix}/")


class Speaker(Protocol):
    """Whoever says refusals under some paths: a dialect, or the pages."""

    prefix: str

    def speaks(self, path: str) -> bool:
        """Say whether a path belongs to it."""

    def say(self, refusal: Refusal) -> ResponseReturnValue:
        """Turn a refusal into an answer."""


Spoken = TypeVar("Spoken", bound=Speaker)


def dialect_of(speakers: tuple[Spoken, ...], path: str) -> Spoken | None:
    """Return the speaker that a path belongs to: the one with the longest prefix (TRAPS.md A)."""
    speaking = [speaker for speaker in speakers if speaker.speaks(path)]
    return max(speaking, key=lambda speaker: len(speaker.prefix), default=None)
