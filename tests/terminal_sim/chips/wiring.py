"""Wires and virtual time kept in memory: what a board without a microcontroller's silicon needs."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from terminal_sim.chips.bus import Timeline

Watcher = Callable[[int, int], None]


class VirtualTimeline:
    """Time that moves only when somebody moves it; events happen in order of time, then of asking."""

    def __init__(self, start_us: int = 0) -> None:
        self._now_us = start_us
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._asked = 0

    def now_us(self) -> int:
        """Return the time since the world began."""
        return self._now_us

    def at(self, when_us: int, callback: Callable[[], None]) -> None:
        """Call `callback` when that time has come; a time that has passed means at the next step."""
        self._asked += 1
        heapq.heappush(self._events, (when_us, self._asked, callback))

    def next_event_us(self) -> int | None:
        """Return when the next event is due, or None when nothing is waiting."""
        return self._events[0][0] if self._events else None

    def advance_to(self, when_us: int) -> None:
        """Move to that time and let everything happen that is due until then; never moves back."""
        while self._events and self._events[0][0] <= when_us:
            due_us, _, callback = heapq.heappop(self._events)
            self._now_us = max(self._now_us, due_us)
            callback()
        self._now_us = max(self._now_us, when_us)

    def advance(self, duration_us: int) -> None:
        """Let that much time pass."""
        self.advance_to(self._now_us + duration_us)


@dataclass
class _Wire:
    firmware_level: int | None = None
    world_level: int | None = None
    pull: int | None = None
    resistor: int | None = None
    driven_watchers: list[Watcher] = field(default_factory=list)
    level_watchers: list[Watcher] = field(default_factory=list)

    def level(self) -> int:
        for level in (self.firmware_level, self.world_level, self.pull, self.resistor):
            if level is not None:
                return level
        return 0


class BoardWires:
    """The board's wires with both ends: the world outside and the microcontroller inside.

    A wire that nobody drives has the level of the pull inside the microcontroller, or else of the
    resistor on the board, or else 0.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._now_us = timeline.now_us
        self._wires: dict[int, _Wire] = {}

    def level(self, pin: int) -> int:
        """Return the level on the wire now."""
        return self._wire(pin).level()

    def drive(self, pin: int, level: int | None) -> None:
        """Drive the wire from outside; None lets go of it."""
        wire = self._wire(pin)
        before = wire.level()
        wire.world_level = level
        self._tell_level(wire, before)

    def watch(self, pin: int, callback: Watcher) -> None:
        """Call `callback(level, now_us)` whenever the firmware changes the level it drives.

        Letting go counts as a change to the level that the wire then has.
        """
        self._wire(pin).driven_watchers.append(callback)

    def fit_resistor(self, pin: int, level: int) -> None:
        """Solder a pull-up (1) or pull-down (0) to the wire: it outlives the firmware."""
        self._wire(pin).resistor = level

    def firmware_pull(self, pin: int, level: int | None) -> None:
        """Set the pull inside the microcontroller: 1 up, 0 down, None none."""
        wire = self._wire(pin)
        before = wire.level()
        wire.pull = level
        self._tell_level(wire, before)

    def firmware_drive(self, pin: int, level: int | None) -> None:
        """Drive the wire as the firmware does; None makes the pin an input."""
        wire = self._wire(pin)
        if wire.firmware_level == level:
            return
        before = wire.level()
        wire.firmware_level = level
        for callback in tuple(wire.driven_watchers):
            callback(wire.level(), self._now_us())
        self._tell_level(wire, before)

    def firmware_watch(self, pin: int, callback: Watcher) -> None:
        """Call `callback(level, now_us)` on every edge of the wire, whoever made it: an interrupt."""
        self._wire(pin).level_watchers.append(callback)

    def firmware_gone(self) -> None:
        """Let go of every pin and forget every interrupt: the microcontroller has lost its power."""
        for pin, wire in tuple(self._wires.items()):
            wire.level_watchers.clear()
            wire.pull = None
            self.firmware_drive(pin, None)

    def _wire(self, pin: int) -> _Wire:
        return self._wires.setdefault(pin, _Wire())

    def _tell_level(self, wire: _Wire, before: int) -> None:
        level = wire.level()
        if level == before:
            return
        for callback in tuple(wire.level_watchers):
            callback(level, self._now_us())
