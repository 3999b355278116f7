"""Push buttons, each between its own wire and ground."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from terminal_sim.chips.bus import Wires
from terminal_sim.chips.contacts import ContactBounce, settle


class PushButtons:
    """Buttons numbered from 0 in the order of their pins; a pressed one pulls its wire to 0.

    The pull-up is the board's or the firmware's business: a released button drives nothing.
    """

    def __init__(self, wires: Wires, pins: Sequence[int], *, bounce: ContactBounce | None = None) -> None:
        self._wires = wires
        self._pins = tuple(pins)
        self._bounce = bounce

    def press(self, number: int) -> None:
        """Press a button; raises IndexError for one that is not there."""
        settle(self._bounce, True, partial(self._set, self._pin(number)))

    def release(self, number: int) -> None:
        """Let go of a button; raises IndexError for one that is not there."""
        settle(self._bounce, False, partial(self._set, self._pin(number)))

    def _pin(self, number: int) -> int:
        if not 0 <= number < len(self._pins):
            raise IndexError(f"there are buttons 0 to {len(self._pins) - 1}, not {number}")
        return self._pins[number]

    def _set(self, pin: int, closed: bool) -> None:
        self._wires.drive(pin, 0 if closed else None)
