"""What people hold to the reader: tokens that lie there, that leave by themselves, that make bad contact."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from terminal_sim.chips.bus import Timeline
from terminal_sim.chips.cards import Card

# How long the contact of a worn card's antenna holds, or not, before it is anybody's guess again.
CONTACT_US = 150_000


@dataclass(eq=False)
class _Lying:
    """A token that was laid down, once."""

    card: Card
    reads_percent: int


class Hand:
    """The tokens on one reader; they stay where they are when the reader loses its power.

    `reader()` returns the reader chip, or None while there is no power. `dice` decides when the antenna
    of a worn card makes contact.
    """

    def __init__(self, timeline: Timeline, reader: Callable[[], Any], dice: random.Random) -> None:
        self._timeline = timeline
        self._reader = reader
        self._dice = dice
        self._lying: list[_Lying] = []

    @property
    def tokens(self) -> tuple[Card, ...]:
        """What lies on the reader, the first one first."""
        return tuple(each.card for each in self._lying)

    def lay(self, card: Card, *, hold_s: float = 0, reads_percent: int = 100) -> None:
        """Lay a token beside what lies there; with `hold_s` it leaves after so many seconds.

        A worn one is heard in `reads_percent` of the time only.
        """
        laid = _Lying(card, reads_percent)
        self._lying.append(laid)
        self._place(card)
        if hold_s > 0:
            self._after(int(hold_s * 1_000_000), lambda: self._take(laid))
        if reads_percent < 100:
            self._touch_now_and_then(laid)

    def take_all(self) -> None:
        """Take away whatever lies there."""
        for laid in list(self._lying):
            self._take(laid)

    def meet_reader(self) -> None:
        """Let a reader that comes up find what lies there."""
        for laid in self._lying:
            self._place(laid.card)

    def _take(self, laid: _Lying) -> None:
        # It may be gone already, and the same card may lie there again.
        if laid in self._lying:
            self._lying.remove(laid)
            self._remove(laid.card)

    def _touch_now_and_then(self, laid: _Lying) -> None:
        if laid not in self._lying:
            return
        self._remove(laid.card)
        if self._dice.randrange(100) < laid.reads_percent:
            self._place(laid.card)
        self._after(CONTACT_US, lambda: self._touch_now_and_then(laid))

    def _place(self, card: Card) -> None:
        reader = self._reader()
        if reader is not None and card not in reader.cards:
            reader.place(card)

    def _remove(self, card: Card) -> None:
        reader = self._reader()
        if reader is not None:
            reader.remove(card)

    def _after(self, delay_us: int, callback: Callable[[], None]) -> None:
        self._timeline.at(self._timeline.now_us() + delay_us, callback)
