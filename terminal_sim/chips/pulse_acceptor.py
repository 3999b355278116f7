"""A coin acceptor with a pulse output: one pulse for each `pulse_cents` of a coin."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from terminal_sim.chips.bus import Timeline, Wires

_BOUNCE_US = 1_500


def _exactly(duration_us: int) -> int:
    return duration_us


@dataclass(frozen=True)
class PulseProfile:
    """How the acceptor is set, in microseconds.

    `validation_us`: from the coin's fall to its first pulse. `coin_gap_us`: at least so long after a
    coin's last pulse the next coin begins. `jitter` maps a nominal duration to the one that happens.
    `pulse_level` is the line's within a pulse, `inhibit_level` what closes it; when `is_fed_by_inhibit` that
    line switches its supply instead. At power-up it sends `burst` pulses, and takes coins `start_us` later.
    """

    width_us: int = 50_000
    gap_us: int = 100_000
    validation_us: int = 150_000
    coin_gap_us: int = 500_000
    pulse_level: int = 0
    inhibit_level: int = 1
    is_fed_by_inhibit: bool = False
    burst: int = 0
    start_us: int = 0
    jitter: Callable[[int], int] = _exactly


@dataclass
class AcceptorFaults:
    """What goes wrong with the next coin, or with the next power-up; used up by it."""

    extra_pulses: int = 0
    burst_at_power_up: int = 0
    bouncing_pulses: int = 0
    widths_us: deque[int] = field(default_factory=deque)

    def pulse_width(self, width_us: int, *, pulses: int = 1) -> None:
        """Give the next pulses of coins another width, tolerated or not."""
        self.widths_us.extend([width_us] * pulses)

    def clear(self) -> None:
        """Let everything be well again."""
        self.extra_pulses = 0
        self.burst_at_power_up = 0
        self.bouncing_pulses = 0
        self.widths_us.clear()

    def take_extra_pulses(self) -> int:
        """Return how many pulses more (or, negative, fewer) this coin sends."""
        extra, self.extra_pulses = self.extra_pulses, 0
        return extra

    def take_burst(self) -> int:
        """Return how many pulses this power-up sends by itself."""
        burst, self.burst_at_power_up = self.burst_at_power_up, 0
        return burst


class PulseAcceptor:
    """The acceptor: an open collector on the coin line, and an inhibit input, 1 = inhibited by default.

    Set `faults.extra_pulses`, `faults.burst_at_power_up` or `faults.bouncing_pulses`, or call
    `faults.pulse_width(...)`.
    """

    def __init__(
        self,
        wires: Wires,
        timeline: Timeline,
        coin_pin: int,
        inhibit_pin: int,
        pulse_cents: int = 10,
        profile: PulseProfile | None = None,
    ) -> None:
        if pulse_cents <= 0:
            raise ValueError("a pulse is worth at least 1 cent")
        self._wires = wires
        self._timeline = timeline
        self._coin_pin = coin_pin
        self._inhibit_pin = inhibit_pin
        self._pulse_cents = pulse_cents
        self._profile = profile or PulseProfile()
        self.faults = AcceptorFaults()
        self.accepted_cents = 0
        self._plugged = True
        self._powered = not self._profile.is_fed_by_inhibit
        self._powered_times = 0
        self._deaf_until_us = 0
        self._stuck = False
        self._pulses_low = 0
        self._line_free_us = 0
        if self._profile.is_fed_by_inhibit:
            wires.watch(inhibit_pin, lambda _level, _now_us: self._feed())
        if self._profile.pulse_level:
            self._drive()

    @property
    def busy(self) -> bool:
        """Whether pulses of a coin are still to come."""
        return self._timeline.now_us() < self._line_free_us

    @property
    def inhibited(self) -> bool:
        """Whether a coin inserted now falls through."""
        if not self._powered or self._timeline.now_us() < self._deaf_until_us:
            return True
        return not self._profile.is_fed_by_inhibit and self._is_inhibit_driven

    def insert(self, cents: int) -> bool:
        """Insert a coin; True when it was taken and will pulse, behind the coins before it.

        It falls through, False, while the acceptor is inhibited or without power, and when its value is
        no positive multiple of a pulse. Inhibiting later does not call a taken coin back.
        """
        if self.inhibited or cents <= 0 or cents % self._pulse_cents:
            return False
        self.accepted_cents += cents
        pulses = max(0, cents // self._pulse_cents + self.faults.take_extra_pulses())
        widths_us = [self._next_width_us() for _ in range(pulses)]
        start_us = max(self._timeline.now_us() + self._profile.validation_us, self._line_free_us)
        end_us = self._emit(start_us, widths_us)
        self._line_free_us = end_us + self._profile.coin_gap_us
        return True

    def noise(self, width_us: int = 5_000, *, pulses: int = 1, gap_us: int = 5_000) -> None:
        """Pull the coin line low by itself, beginning now: no coin is behind these pulses."""
        start_us = self._timeline.now_us()
        for number in range(pulses):
            self._pulse(start_us + number * (width_us + gap_us), width_us)

    def stick(self) -> None:
        """Hold the coin line low until `unstick`."""
        self._stuck = True
        self._drive()

    def unstick(self) -> None:
        """Let go of the stuck coin line."""
        self._stuck = False
        self._drive()

    def power(self, on: bool) -> None:
        """Switch the supply. Without it pulses that were to come are lost and the line is let go."""
        self._plugged = on
        self._feed()

    @property
    def _is_inhibit_driven(self) -> bool:
        return self._wires.level(self._inhibit_pin) == self._profile.inhibit_level

    def _feed(self) -> None:
        on = self._plugged and not (self._profile.is_fed_by_inhibit and self._is_inhibit_driven)
        if on == self._powered:
            return
        self._powered = on
        self._powered_times += 1
        self._pulses_low = 0
        self._line_free_us = 0
        self._drive()
        self._deaf_until_us = self._timeline.now_us() + self._profile.start_us
        burst = self._profile.burst + self.faults.take_burst() if on else 0
        self._emit(self._timeline.now_us(), [self._profile.width_us] * burst)

    def _next_width_us(self) -> int:
        widths_us = self.faults.widths_us
        return widths_us.popleft() if widths_us else self._profile.jitter(self._profile.width_us)

    def _emit(self, start_us: int, widths_us: list[int]) -> int:
        """Send pulses with the profile's gap between them; return when the last one ends."""
        end_us = start_us
        for number, width_us in enumerate(widths_us):
            if number:
                start_us = end_us + self._profile.jitter(self._profile.gap_us)
            if self.faults.bouncing_pulses:
                self.faults.bouncing_pulses -= 1
                self._bounce(start_us, width_us)
            self._pulse(start_us, width_us)
            end_us = start_us + width_us
        return end_us

    def _bounce(self, start_us: int, width_us: int) -> None:
        """Let a contact touch twice for a moment before it closes, and twice when it has opened."""
        for edge_us in (start_us - 2 * _BOUNCE_US, start_us + width_us + _BOUNCE_US):
            for number in range(2):
                self._pulse(edge_us + number * _BOUNCE_US, _BOUNCE_US // 2)

    def _pulse(self, start_us: int, width_us: int) -> None:
        powered_times = self._powered_times

        def change(by: int) -> None:
            if powered_times == self._powered_times:
                self._pulses_low += by
                self._drive()

        self._timeline.at(start_us, lambda: change(+1))
        self._timeline.at(start_us + width_us, lambda: change(-1))

    def _drive(self) -> None:
        in_pulse = self._stuck or self._pulses_low > 0
        # An open collector pulls low or lets go; a normally closed one lets go for a pulse.
        pulls = in_pulse == (self._profile.pulse_level == 0) and (self._powered or self._stuck)
        self._wires.drive(self._coin_pin, 0 if pulls else None)
