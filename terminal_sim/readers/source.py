"""What every kind of reader has in common: a source of taps, and what can be said when there is none."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from typing import Protocol

from terminal_sim.chips.cards import PlainCard
from terminal_sim.control import Refused


@dataclass(frozen=True)
class CardCame:
    """A card lies on a reader; its UID is hexadecimal text in upper case, in the order of the air."""

    uid: str
    reader: str


@dataclass(frozen=True)
class CardLeft:
    """That card is no longer there."""

    uid: str
    reader: str


@dataclass(frozen=True)
class Notice:
    """Something that a person at the desk should know; one line."""

    text: str


Event = CardCame | CardLeft | Notice


class Source(Protocol):
    """Tells what happens on readers; never ends by itself, whatever is unplugged or stopped.

    Of each reader CardCame and CardLeft alternate. A reader that is lost takes its card along.
    """

    def wait(self, timeout_s: float) -> list[Event]:
        """Return what has happened, as soon as something has; [] after about `timeout_s` at most."""

    def close(self) -> None:
        """Let go of the readers."""


class SourceEnded(Exception):
    """A source whose other end was closed; there will be no further taps."""


class Missing(Refused):
    """Something that a kind of reader needs is not here, and what a person types to have it."""

    def __init__(self, what: str, to_type: str) -> None:
        super().__init__(f"{what}: {to_type}")
        self.what = what
        self.to_type = to_type


@dataclass
class Found:
    """The readers of one kind, each with its name and a few words about it; and what is missing."""

    readers: list[tuple[str, str]] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


def card_uid(uid: bytes) -> str:
    """Return a card's UID as text; ValueError for one that no card of ISO/IEC 14443 type A has."""
    return PlainCard(uid).uid.hex().upper()


def pip_install(package: str) -> str:
    """Return the line that installs a package for the Python that runs this."""
    return f"{shlex.quote(sys.executable)} -m pip install {package}"
