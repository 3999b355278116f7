"""The simulator's board: which chip hangs on which pin, and what a person can do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal_sim.chips.buttons import PushButtons
from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.keypad import KeypadMatrix
from terminal_sim.chips.pn532 import PN532Chip
from terminal_sim.chips.pulse_acceptor import PulseAcceptor, PulseProfile
from terminal_sim.chips.relay import CoffeeBrewer, RelayContact

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

    The wiring is that of firmware/boards/simulator.py. The relay is a bare contact that enables
    the coffee machine behind it, which has a power plug of its own; the contact's movements are
    events of the device, "relay_closed" and "relay_opened".
    """

    def __init__(
        self,
        device: Device,
        brewer: CoffeeBrewer,
        *,
        pulse_cents: int = 10,
        pulse_width_ms: int = 50,
        pulse_gap_ms: int = 100,
    ) -> None:
        wires = device.wires
        self.reader = PN532Chip(device.timeline)
        self.display = CharacterLcd(timeline=device.timeline)
        self.buttons = PushButtons(wires, BUTTON_PINS)
        device.bus.attach(self.reader)
        device.bus.attach(self.display)
        wires.rest(READER_RESET_PIN, 1)
        wires.watch(READER_RESET_PIN, lambda level, _now_us: self.reader.reset(level))
        self.coins = PulseAcceptor(
            wires,
            device.timeline,
            coin_pin=COIN_PIN,
            inhibit_pin=INHIBIT_PIN,
            pulse_cents=pulse_cents,
            profile=PulseProfile(width_us=pulse_width_ms * 1000, gap_us=pulse_gap_ms * 1000),
        )
        self.relay = RelayContact(wires, RELAY_PIN, device.timeline, on_open=brewer.enable)
        self.keypad = KeypadMatrix(wires, ROW_PINS, COLUMN_PINS)
        wires.watch(
            RELAY_PIN,
            lambda level, _now_us: device.happened("relay_closed" if level else "relay_opened"),
        )
