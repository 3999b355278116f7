"""Mechanical contacts: closed or open, and bouncing on the way there when told so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal_sim.chips.bus import Timeline


class ContactBounce:
    """How contacts bounce: the times after a change at which they flip, in microseconds, ascending.

    A contact that closes is closed at once, open again at the first time, closed at the second and so
    on; it ends closed, so the number of times must be even (ValueError).
    """

    def __init__(self, timeline: Timeline, flips_us: Sequence[int]) -> None:
        if len(flips_us) % 2 or list(flips_us) != sorted(flips_us):
            raise ValueError("a bounce has an even number of flips, in ascending order")
        self._timeline = timeline
        self._flips_us = tuple(flips_us)

    def settle(self, closed: bool, set_contact: Callable[[bool], None]) -> None:
        """Bring a contact to `closed`, flipping on the way."""
        now_us = self._timeline.now_us()
        set_contact(closed)
        for number, flip_us in enumerate(self._flips_us):
            level = closed if number % 2 else not closed
            self._timeline.at(now_us + flip_us, lambda level=level: set_contact(level))


def settle(bounce: ContactBounce | None, closed: bool, set_contact: Callable[[bool], None]) -> None:
    """Bring a contact to `closed`: at once, or as `bounce` has it."""
    if bounce is None:
        set_contact(closed)
    else:
        bounce.settle(closed, set_contact)
