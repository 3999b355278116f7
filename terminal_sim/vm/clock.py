"""The world's clock and its time line: virtual time that jumps, or real time that is slept through."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Tells and passes time in microseconds since the world began."""

    kind: str

    def now_us(self) -> int:
        """Return the time."""

    def reach(self, when_us: int) -> None:
        """Note that somebody's time has come so far; never goes back."""

    def wait(self, until_us: int) -> None:
        """Let time pass up to a moment; a real clock may come back early when interrupted."""

    def leap(self, duration_us: int) -> None:
        """Be so much later at once: nothing happened in between."""

    def interrupt(self) -> None:
        """End a wait of another thread."""


class VirtualClock:
    """Time that passes only when somebody lets it: a minute costs what happens in it."""

    kind = "virtual"

    def __init__(self) -> None:
        self._now_us = 0

    def now_us(self) -> int:
        """Return the time."""
        return self._now_us

    def reach(self, when_us: int) -> None:
        """Move to a moment, never back."""
        self._now_us = max(self._now_us, when_us)

    wait = reach

    def leap(self, duration_us: int) -> None:
        """Be so much later at once."""
        self._now_us += duration_us

    def interrupt(self) -> None:
        """Nobody sleeps here."""


class RealClock:
    """The time of this machine's monotonic clock."""

    kind = "real"

    def __init__(self) -> None:
        self._began_ns = time.monotonic_ns()
        self._interrupted = threading.Event()

    def now_us(self) -> int:
        """Return the time."""
        return (time.monotonic_ns() - self._began_ns) // 1000

    def reach(self, when_us: int) -> None:
        """Real time needs no help."""

    def wait(self, until_us: int) -> None:
        """Sleep up to a moment, or until interrupted."""
        left_us = until_us - self.now_us()
        if left_us > 0 and self._interrupted.wait(left_us / 1_000_000):
            self._interrupted.clear()

    def leap(self, duration_us: int) -> None:
        """Be so much ahead of the machine's clock from now on."""
        self._began_ns -= duration_us * 1000

    def interrupt(self) -> None:
        """Wake whoever sleeps, now or at the next wait."""
        self._interrupted.set()


def make_clock(kind: str) -> Clock:
    """Return a clock of that kind: "virtual" or "real"."""
    if kind not in ("virtual", "real"):
        raise ValueError(f"a clock is virtual or real, not {kind!r}")
    return VirtualClock() if kind == "virtual" else RealClock()


class Timeline:
    """What will happen around one terminal, in the order of time; equal times keep their order.

    Chip models and the network put callbacks on it, from any thread; they run in the thread of
    the one who lets time pass.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def now_us(self) -> int:
        """Return the time since the world began."""
        return self.clock.now_us()

    def at(self, when_us: int, callback: Callable[[], None]) -> None:
        """Call `callback` when that time has come."""
        with self._lock:
            heapq.heappush(self._events, (int(when_us), next(self._order), callback))
        self.clock.interrupt()

    def after(self, delay_us: int, callback: Callable[[], None]) -> None:
        """Call `callback` after a while."""
        self.at(self.now_us() + delay_us, callback)

    def next_us(self) -> int | None:
        """Return when the next event is due."""
        with self._lock:
            return self._events[0][0] if self._events else None

    def reach(self, now_us: int) -> None:
        """Run everything that is due up to a moment, and let that moment be now."""
        while self._run_next(now_us):
            pass
        self.clock.reach(now_us)

    def wait(self, until_us: int, is_enough: Callable[[], bool]) -> None:
        """Let time pass up to a moment; stop as soon as an event has made it enough."""
        while not is_enough():
            next_us = self.next_us()
            target_us = until_us if next_us is None else min(next_us, until_us)
            self.clock.wait(target_us)
            if not self._run_next(self.now_us()) and self.now_us() >= until_us:
                return

    def _run_next(self, now_us: int) -> bool:
        with self._lock:
            if not self._events or self._events[0][0] > now_us:
                return False
            when_us, _, callback = heapq.heappop(self._events)
        # Under a virtual clock an event happens at its own moment, not at the end of a leap.
        self.clock.reach(when_us)
        callback()
        return True
