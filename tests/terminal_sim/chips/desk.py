"""Chips, wires and a loop in virtual time, around the firmware's drivers."""

import asyncio

from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.pn532 import PN532Chip
from tests.terminal_sim.chips.microcontroller import Bus, Pin, WorldLoop, make_firmware_importable
from tests.terminal_sim.chips.wiring import BoardWires, VirtualTimeline

make_firmware_importable()

from drivers import pn532  # noqa: E402
from drivers.lcd import CharacterDisplay  # noqa: E402

RESET_PIN = 4
READER_ADDRESS = 0x24
_PATIENCE_US = 2_000_000


class Desk:
    """The chips of one terminal with the drivers of its reader and display."""

    def __init__(self):
        self.timeline = VirtualTimeline()
        self.wires = BoardWires(self.timeline)
        self.loop = WorldLoop(self.timeline)
        self.chip = PN532Chip(self.timeline)
        self.lcd = CharacterLcd(timeline=self.timeline)
        self.bus = Bus(self.timeline, self.chip, self.lcd)
        self.wires.fit_resistor(RESET_PIN, 1)
        self.wires.watch(RESET_PIN, lambda level, now_us: self.chip.reset(level))
        self.reader = self.new_reader()
        self.display = CharacterDisplay(self.bus)

    def new_reader(self):
        """Return the reader's driver as a restarted microcontroller has it."""
        return pn532.PN532(pn532.I2CTransport(self.bus), Pin(self.wires, RESET_PIN))

    def run(self, work):
        """Run one piece of work to its end; a failure of the reader comes back as its exception."""
        return self.loop.run_until_complete(work)

    def read(self):
        """Ask the reader once: a UID, None, or the error it reports; always within the time promised."""
        begun_us = self.timeline.now_us()
        try:
            return self.run(self.reader.read_uid())
        except pn532.ReaderError as error:
            return error
        finally:
            assert self.timeline.now_us() - begun_us < _PATIENCE_US

    def pass_time(self, duration_ms):
        """Let the firmware's other tasks and the world go on."""
        self.run(asyncio.sleep(duration_ms / 1000))

    def run_beside(self, background, story):
        """Run the story to its end while a driver's endless task runs beside it."""

        async def both():
            task = asyncio.ensure_future(background)
            await story
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled(), "the driver's task ended by itself"

        self.run(both())
