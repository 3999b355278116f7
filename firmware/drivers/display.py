"""What a display is to the program, whichever chip does the work; how it fails, and is brought back."""

from micropython import const

from system import compat
from system.bus import BusHealth
from system.log import log

# What noise has spoilt on the glass cannot be read back: it is written anew while the text stays the same.
_WRITE_ANEW_MS = const(60000)


class Display:
    """The interface of displays: `columns`, `rows` and show(). One that fails never stops the device.

    The chips' drivers derive from it and give `_write(lines)`, which starts the chip while `_is_started` is
    False, without a moment of darkness when `_is_anew`, and raises OSError when it does not answer.
    """

    def __init__(self, bus, address):
        self.bus = bus
        self.address = address
        self._is_started = self._is_anew = False
        self._lines = self._written_ms = None
        self.health = BusHealth("display")

    async def show(self, lines):
        """Show as many lines as there are rows; what is longer is cut. False when the display is silent."""
        now = compat.ticks_ms()
        if lines != self._lines or self._written_ms is None:
            self._lines, self._written_ms = lines, self._written_ms or now
        elif self._is_started and compat.ticks_diff(now, self._written_ms) >= _WRITE_ANEW_MS:
            self._written_ms = now
            self._is_started, self._is_anew = False, True
        try:
            await self._write(lines)
        except OSError as error:
            self._is_started = self._is_anew = False
            if not self.health.is_failing:
                log("display", f"no answer: {error!r}")
            self.health.fails()
            return False
        self._is_anew = False
        self.health.works()
        return True
