"""The simulator's board: which chip hangs on which pin, and what a person can do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terminal_sim.chips.buttons import PushButtons
from terminal_sim.chips.buzzer import PassiveBuzzer
from terminal_sim.chips.cctalk_acceptor import CcTalkAcceptor
from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.keypad import KeypadMatrix
from terminal_sim.chips.mdb_bridge import MdbBridge
from terminal_sim.chips.mfrc522 import MFRC522Chip
from terminal_sim.chips.pn532 import PN532Chip
from terminal_sim.chips.pn532_hsu import PN532HsuFace
from terminal_sim.chips.pn532_spi import PN532SpiFace
from terminal_sim.chips.pulse_acceptor import PulseAcceptor
from terminal_sim.chips.pulse_profiles import PROFILES, profile_of
from terminal_sim.chips.relay import CoffeeBrewer, RelayContact
from terminal_sim.chips.ssd1306 import Ssd1306

if TYPE_CHECKING:
    from terminal_sim.device import Device

COIN_ACCEPTORS = (*PROFILES, "cctalk")
READERS = ("pn532_i2c", "pn532_spi", "pn532_hsu", "mfrc522")
READER_RESET_PIN, READER_POWER_PIN, READER_SELECT_PIN = 4, 5, 17
READER_SPI = READER_UART = 1
BUTTON_PINS = (12, 13, 14, 15)
RELAY_PIN = 16
BUZZER_PIN = 3
COIN_PIN, INHIBIT_PIN = 18, 19
BUS_PORT, BUS_READY_PIN = 2, 39
CCTALK_UART = 2
ROW_PINS = (25, 26, 27, 32)
COLUMN_PINS = (33, 34, 35, 36)


class SimulatorBoard:
    """The chips of one terminal, as they come up when the power comes on.

    The wiring is that of firmware/boards/simulator.py. The relay is a bare contact that enables
    the coffee machine behind it, which has a power plug of its own; the contact's movements are
    events of the device, "relay_closed" and "relay_opened". An acceptor on ccTalk has a supply of its own,
    so it comes from outside, as the brewer does; with none there is one with pulses, set as `coin_settings`
    (names of config.json) say.
    """

    def __init__(
        self,
        device: Device,
        brewer: CoffeeBrewer,
        cctalk: CcTalkAcceptor | None = None,
        *,
        reader: str = "pn532_i2c",
        display: str = "lcd",
        **coin_settings: Any,
    ) -> None:
        wires = device.wires
        self.reader = _solder_reader(device, reader)
        self.display = Ssd1306() if display == "oled" else CharacterLcd(timeline=device.timeline)
        self.buttons = PushButtons(wires, BUTTON_PINS)
        device.bus.attach(self.display)
        self.coins = cctalk or _pulse_acceptor(device, **coin_settings)
        if cctalk is not None:
            device.uarts.attach_one_wire(CCTALK_UART, cctalk)
        self.relay = RelayContact(wires, RELAY_PIN, device.timeline, on_open=brewer.enable)
        self.buzzer = PassiveBuzzer(device.timeline)
        device.pwm.attach(BUZZER_PIN, self.buzzer.drive)
        if device.vending_bus is not None:
            self.bridge = MdbBridge(device.timeline, device.vending_bus, wires, BUS_READY_PIN)
            device.uarts.attach(BUS_PORT, self.bridge)
        self.keypad = KeypadMatrix(wires, ROW_PINS, COLUMN_PINS)
        wires.watch(
            RELAY_PIN,
            lambda level, _now_us: device.happened("relay_closed" if level else "relay_opened"),
        )


def _pulse_acceptor(
    device: Device, *, pulse_cents: int = 10, coin_acceptor: str = "pulse", **settings: Any
) -> PulseAcceptor:
    profile = profile_of(coin_acceptor, **settings)
    return PulseAcceptor(device.wires, device.timeline, COIN_PIN, INHIBIT_PIN, pulse_cents, profile)


def _solder_reader(device: Device, name: str) -> PN532Chip | MFRC522Chip:
    """Put a reader on the wires that are there for it; ValueError for a name that is not in READERS."""
    if name not in READERS:
        raise ValueError(f"no reader is named {name!r}; there are {', '.join(READERS)}")
    if name == "mfrc522":
        chip = MFRC522Chip(device.timeline)
        device.spi.attach(READER_SPI, READER_SELECT_PIN, chip)
    else:
        chip = PN532Chip(device.timeline, interface=name.removeprefix("pn532_"))
    if name == "pn532_i2c":
        device.bus.attach(chip)
    elif name == "pn532_spi":
        device.spi.attach(READER_SPI, READER_SELECT_PIN, PN532SpiFace(chip))
    elif name == "pn532_hsu":
        device.uarts.attach(READER_UART, PN532HsuFace(chip, device.timeline))
    for pin in (READER_RESET_PIN, READER_POWER_PIN):
        device.wires.rest(pin, 1)
    device.wires.watch(READER_RESET_PIN, lambda level, _now_us: chip.reset(level))
    device.wires.watch(READER_POWER_PIN, lambda level, _now_us: chip.power(bool(level)))
    return chip
