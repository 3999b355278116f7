"""A 20x4 character display on I2C: an HD44780 behind the usual PCF8574 backpack."""

from __future__ import annotations

from terminal_sim.chips.bus import Nack, Timeline
from terminal_sim.chips.hd44780 import Hd44780

I2C_ADDRESS = 0x27
_REGISTER_SELECT = 0x01
_READ_WRITE = 0x02
_ENABLE = 0x04
_BACKLIGHT = 0x08
_DATA_LINES = 0xF0
_PORT_AFTER_POWER_UP = 0xFF
_BYTE_ON_THE_BUS_US = 90
_PAUSE_BETWEEN_TRANSFERS_US = 50_000


class CharacterLcd:
    """The display module: P0 RS, P1 RW, P2 E, P3 backlight, P4 to P7 the data lines D4 to D7.

    With a time line, what is written while the controller is busy is lost, as on the real one; without,
    each transfer begins long enough after the one before. Either way a byte takes 90 µs of bus time
    (100 kHz), so the 37 µs of most instructions are always over.
    """

    def __init__(self, address: int = I2C_ADDRESS, *, timeline: Timeline | None = None) -> None:
        self.address = address
        self.connected = True
        self._timeline = timeline
        self._bus_time_us = 0
        self._controller = Hd44780(self._now_us)
        self.power_cycle()

    @property
    def backlight(self) -> bool:
        """Whether the light behind the text is on."""
        return bool(self._port & _BACKLIGHT)

    @property
    def lost_while_busy(self) -> int:
        """How many bytes since power-up came while the controller was still busy."""
        return self._controller.lost_while_busy

    def lines(self) -> list[str]:
        """Return the four rows of 20 characters; blanks while the display is off."""
        return self._controller.lines()

    def glyph(self, number: int) -> tuple[int, ...]:
        """Return the eight rows of custom glyph 0 to 7, five bits each."""
        return self._controller.glyph(number)

    def power_cycle(self) -> None:
        """Take the supply away and give it back: port all high, controller reset."""
        self._port = _PORT_AFTER_POWER_UP
        self._controller.power_up()

    def write(self, data: bytes) -> None:
        """Put each byte on the port in turn; every falling edge of E reaches the controller."""
        self._begin_transfer()
        for byte in data:
            self._bus_time_us += _BYTE_ON_THE_BUS_US
            self._set_port(byte)

    def read(self, count: int) -> bytes:
        """Return the levels on the port's pins, `count` times."""
        self._begin_transfer()
        self._bus_time_us += count * _BYTE_ON_THE_BUS_US
        return bytes([self._pins()]) * count

    def _now_us(self) -> int:
        return self._bus_time_us + (self._timeline.now_us() if self._timeline else 0)

    def _begin_transfer(self) -> None:
        if not self.connected:
            raise Nack
        self._bus_time_us += _BYTE_ON_THE_BUS_US
        if self._timeline is None:
            self._bus_time_us += _PAUSE_BETWEEN_TRANSFERS_US

    def _set_port(self, byte: int) -> None:
        before, self._port = self._port, byte
        if not before & _ENABLE or byte & _ENABLE:
            return
        # What counts is what stood on the lines until E fell (data sheet, figures 25 and 26).
        register_select = before & _REGISTER_SELECT
        if before & _READ_WRITE:
            self._controller.end_read(register_select)
        else:
            self._controller.latch(register_select, before >> 4)

    def _pins(self) -> int:
        """A pin reads low when the port or the controller pulls it down: the port's outputs are weak."""
        if not (self._port & _READ_WRITE and self._port & _ENABLE):
            return self._port
        driven = self._controller.output(self._port & _REGISTER_SELECT) << 4
        return self._port & (driven | ~_DATA_LINES & 0xFF)
