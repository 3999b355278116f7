"""A relay's dry contact as the machine behind it sees it, and the coffee machine that it enables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from terminal_sim.chips.bus import Timeline, Wires


@dataclass(frozen=True)
class Closure:
    """One time that the contact was closed; `duration_us` is None while it still is."""

    start_us: int
    duration_us: int | None = None


class RelayContact:
    """Counts the closures of a relay whose coil is driven by a pin, 1 = closed."""

    def __init__(
        self, wires: Wires, pin: int, timeline: Timeline, *, on_open: Callable[[Closure], None] | None = None
    ) -> None:
        self._timeline = timeline
        self._on_open = on_open
        self.closures: list[Closure] = []
        wires.watch(pin, self._pin_changed)

    @property
    def count(self) -> int:
        """How many times the contact has closed."""
        return len(self.closures)

    @property
    def closed(self) -> bool:
        """Whether the contact is closed now."""
        return bool(self.closures) and self.closures[-1].duration_us is None

    @property
    def closed_for_us(self) -> int:
        """How long the contact has been closed now, 0 while it is open."""
        return self._timeline.now_us() - self.closures[-1].start_us if self.closed else 0

    def _pin_changed(self, level: int, now_us: int) -> None:
        if level and not self.closed:
            self.closures.append(Closure(now_us))
        elif not level and self.closed:
            start_us = self.closures[-1].start_us
            self.closures[-1] = Closure(start_us, now_us - start_us)
            if self._on_open:
                self._on_open(self.closures[-1])


class CoffeeBrewer:
    """A plain coffee machine: an enable pulse long enough brews one cup, and during it is deaf.

    Give its `enable` to a RelayContact as `on_open`.
    """

    def __init__(self, timeline: Timeline, *, shortest_enable_us: int = 50_000, brew_us: int = 25_000_000):
        self._timeline = timeline
        self._shortest_enable_us = shortest_enable_us
        self._brew_us = brew_us
        self._cups_begun_us: list[int] = []
        self.ignored = 0

    @property
    def cups(self) -> int:
        """How many cups were brewed or are being brewed."""
        return len(self._cups_begun_us)

    @property
    def brewing(self) -> bool:
        """Whether coffee is running into a cup now."""
        if not self._cups_begun_us:
            return False
        return self._timeline.now_us() < self._cups_begun_us[-1] + self._brew_us

    @property
    def brewed_percent(self) -> int:
        """How much of the latest cup has run into it."""
        if not self._cups_begun_us:
            return 0
        return min(100, (self._timeline.now_us() - self._cups_begun_us[-1]) * 100 // self._brew_us)

    def enable(self, closure: Closure) -> None:
        """Brew a cup for a closure of the contact; too short ones, and those while brewing, are ignored."""
        if self.brewing or (closure.duration_us or 0) < self._shortest_enable_us:
            self.ignored += 1
            return
        self._cups_begun_us.append(self._timeline.now_us())
