"""The simulator's board: which chip hangs on which pin, and what a person can do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.keypad import KeypadMatrix
from terminal_sim.chips.pn532 import PN532Chip
from terminal_sim.chips.pulse_acceptor import PulseAcceptor

if TYPE_CHECKING:
    from terminal_sim.device import Device

READER_RESET_PIN = 4
BUTTON_PINS = (12, 13, 14, 15)
RELAY_PIN = 16
COIN_PIN, INHIBIT_PIN = 18, 19
ROW_PINS = (25, 26, 27, 32)
COLUMN_PINS = (33, 34, 35, 36)


class SimulatorBoard:
    """The chips of one terminal, as they come up when the power comes on.

    The wiring is that of firmware/boards/simulator.py. The relay is a bare contact: its
    movements are events of the device, "relay_closed" and "relay_opened".
    """

    def __init__(self, device: Device, *, pulse_cents: int = 10) -> None:
        wires = device.wires
        self._wires = wires
        self.reader = PN532Chip(device.timeline)
        self.display = CharacterLcd()
        device.bus.attach(self.reader)
        device.bus.attach(self.display)
        wires.rest(READER_RESET_PIN, 1)
        wires.watch(READER_RESET_PIN, lambda level, _now_us: self.reader.reset(level))
        self.coins = PulseAcceptor(
            wires, device.timeline, coin_pin=COIN_PIN, inhibit_pin=INHIBIT_PIN, pulse_cents=pulse_cents
        )
        self.keypad = KeypadMatrix(wires, ROW_PINS, COLUMN_PINS)
        wires.watch(
            RELAY_PIN,
            lambda level, _now_us: device.happened("relay_closed" if level else "relay_opened"),
        )

    def hold_button(self, index: int, *, is_down: bool) -> None:
        """Press or let go of a product button; it pulls its wire to 0."""
        self._wires.drive(BUTTON_PINS[index], 0 if is_down else None)
