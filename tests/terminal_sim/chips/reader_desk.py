"""Each reader that the firmware knows, its driver and its chip, in virtual time."""

import asyncio

from terminal_sim.chips.mfrc522 import MFRC522Chip
from terminal_sim.chips.pn532 import PN532Chip
from terminal_sim.chips.pn532_hsu import PN532HsuFace
from terminal_sim.chips.pn532_spi import PN532SpiFace
from tests.terminal_sim.chips.microcontroller import (
    Bus,
    Pin,
    Spi,
    Uart,
    WorldLoop,
    make_firmware_importable,
)
from tests.terminal_sim.chips.wiring import BoardWires, VirtualTimeline

make_firmware_importable()

from drivers.mfrc522 import MFRC522  # noqa: E402
from drivers.pn532 import PN532, I2CTransport  # noqa: E402
from drivers.pn532_hsu import HSUTransport  # noqa: E402
from drivers.pn532_spi import SPITransport  # noqa: E402
from drivers.reader import ReaderError, SeveralTokens  # noqa: E402

READERS = ("pn532_i2c", "pn532_spi", "pn532_hsu", "mfrc522")
RESET_PIN, POWER_PIN, SELECT_PIN = 4, 5, 17
_PATIENCE_US = 2_000_000


class ReaderDesk:
    """One reader with all its wires; `bus` is what its driver talks to."""

    def __init__(self, name):
        self.timeline = VirtualTimeline()
        self.wires = BoardWires(self.timeline)
        self.loop = WorldLoop(self.timeline)
        self.power_cycles = self.resets = 0
        if name == "mfrc522":
            self.chip = MFRC522Chip(self.timeline)
            self.bus = Spi(self.timeline, self.wires, SELECT_PIN, self.chip)
        else:
            self.chip = PN532Chip(self.timeline, interface=name.removeprefix("pn532_"))
            self.bus = self._pn532_bus(name)
        for pin, act in ((RESET_PIN, self._reset), (POWER_PIN, self._power)):
            self.wires.fit_resistor(pin, 1)
            self.wires.watch(pin, act)
        self.reader = self._new_reader(name)

    def run(self, work):
        """Run one piece of work to its end."""
        return self.loop.run_until_complete(work)

    def start(self):
        """Start the reader."""
        self.run(self.reader.start())

    def read(self):
        """Ask the reader once: a UID, None, or the exception; always within the time promised."""
        begun_us = self.timeline.now_us()
        try:
            return self.run(self.reader.read_uid())
        except (ReaderError, SeveralTokens) as error:
            return error
        finally:
            assert self.timeline.now_us() - begun_us < _PATIENCE_US

    def pass_time(self, duration_ms):
        """Let the firmware's other tasks and the world go on."""
        self.run(asyncio.sleep(duration_ms / 1000))

    def _pn532_bus(self, name):
        if name == "pn532_i2c":
            return Bus(self.timeline, self.chip)
        if name == "pn532_spi":
            return Spi(self.timeline, self.wires, SELECT_PIN, PN532SpiFace(self.chip))
        return Uart(self.timeline, PN532HsuFace(self.chip, self.timeline))

    def _new_reader(self, name):
        pins = Pin(self.wires, RESET_PIN), Pin(self.wires, POWER_PIN)
        if name == "mfrc522":
            return MFRC522(self.bus, Pin(self.wires, SELECT_PIN), *pins)
        if name == "pn532_spi":
            return PN532(SPITransport(self.bus, Pin(self.wires, SELECT_PIN)), *pins)
        transport = I2CTransport if name == "pn532_i2c" else HSUTransport
        return PN532(transport(self.bus), *pins)

    def _reset(self, level, _now_us):
        self.resets += not level
        self.chip.reset(level)

    def _power(self, level, _now_us):
        self.power_cycles += not level
        self.chip.power(bool(level))
