"""A 128x64 OLED display: SSD1306 on I2C, with MicroPython's 8x8 font as eight rows of sixteen letters."""

from micropython import const

from drivers.display import Display
from system import compat

_ADDRESS = const(0x3C)
_WIDTH = const(128)
_CELL = const(8)

# Control bytes (data sheet, 8.1.5.2).
_COMMANDS = const(0x00)
_DATA = const(0x40)
_DISPLAY_OFF = b"\x00\xae"
# For a 128x64 module (application note, 4.4, and table 9-1): clock, 64 lines, no offset, first line 0,
# charge pump on, horizontal addressing, upright (columns and lines remapped), COM pins alternative,
# contrast, pre-charge, VCOMH, from memory, not inverted, no scrolling.
_SET_UP = (
    b"\x00\xd5\x80\xa8\x3f\xd3\x00\x40\x8d\x14\x20\x00\xa1\xc8\xda\x12\x81\x8f\xd9\xf1\xdb\x40\xa4\xa6\x2e"
)
_DISPLAY_ON = b"\x00\xaf"
_STATUS_OFF = const(0x40)
_SET_COLUMNS = const(0x21)
_SET_PAGES = const(0x22)

# What the font has not, as its eight columns with the upper pixel in bit 0.
_OWN = {
    "ä": b"\x00\x20\x75\x54\x54\x7d\x78\x00",
    "ö": b"\x00\x38\x7d\x44\x44\x7d\x38\x00",
    "ü": b"\x00\x3c\x7d\x40\x40\x3d\x7c\x00",
    "Ä": b"\x00\xf8\xfd\x24\x24\xfd\xf8\x00",
    "Ö": b"\x00\x78\xfd\x84\x84\xfd\x78\x00",
    "Ü": b"\x00\x7c\xfd\x80\x80\xfd\x7c\x00",
    "ß": b"\x00\x7e\x7f\x09\x49\x7f\x36\x00",
    "°": b"\x00\x00\x06\x09\x09\x06\x00\x00",
}


class OledDisplay(Display):
    """Eight lines of sixteen characters."""

    columns = 16
    rows = 8
    picture_columns = 8

    def __init__(self, bus, address=_ADDRESS):
        from framebuf import MONO_VLSB, FrameBuffer

        super().__init__(bus, address)
        self._shown = [None] * self.rows
        # One row at a time, behind its control byte: the whole picture would take a kilobyte.
        self._transfer = bytearray(1 + _WIDTH)
        self._transfer[0] = _DATA
        self._pixels = memoryview(self._transfer)[1:]
        self._row = FrameBuffer(self._pixels, _WIDTH, _CELL, MONO_VLSB)
        self._status = bytearray(1)
        self._window = bytearray((_COMMANDS, _SET_COLUMNS, 0, 0, _SET_PAGES, 0, 0))

    async def _write(self, lines):
        if not self._is_started or self._has_lost_its_settings():
            self._start()
        for row in range(self.rows):
            if self._is_anew:
                # All rows take a tenth of a second on the bus; others may act in between.
                await compat.sleep_ms(0)
            self._show_row(row, lines[row][: self.columns].rstrip() if row < len(lines) else "")
        if not self._is_started:
            # Only now: what the memory held before was noise.
            self.bus.writeto(self.address, _DISPLAY_ON)
            self._is_started = True

    async def show_picture(self, rows, lines):
        """Show a picture of squares, and beside it lines of eight letters; False as for show()."""
        # A device needs it once in its life, so all of it stands elsewhere.
        from drivers.ssd1306_picture import show

        return await show(self, rows, lines)

    def forget(self):
        """Take for granted that the glass shows something else than what was shown last."""
        self._shown = [None] * self.rows

    def _has_lost_its_settings(self):
        # After a brown-out of its own the chip answers as before, but is off (status byte, bit 6).
        self.bus.readfrom_into(self.address, self._status)
        return self._status[0] & _STATUS_OFF

    def _start(self):
        self._is_started = False
        if not self._is_anew:
            self.bus.writeto(self.address, _DISPLAY_OFF)
        self.bus.writeto(self.address, _SET_UP)
        self.forget()

    def _show_row(self, row, text):
        before = self._shown[row]
        if before == text:
            return
        # The letters that stay are not sent again: at 100 kHz each of them takes 0.7 ms on the bus.
        first, last = (0, self.columns) if before is None else _changed(before, text)
        self._draw(text)
        self._window[2], self._window[3] = _CELL * first, _CELL * last - 1
        self._window[5] = self._window[6] = row
        self.bus.writeto(self.address, self._window)
        # The byte before the first letter carries the control byte, and gets back what it was.
        start = _CELL * first
        kept, self._transfer[start] = self._transfer[start], _DATA
        self.bus.writeto(self.address, memoryview(self._transfer)[start : _CELL * last + 1])
        self._transfer[start] = kept
        self._shown[row] = text

    def _draw(self, text):
        self._row.fill(0)
        self._row.text(
            "".join([letter if " " <= letter <= "~" else _stand_in(letter) for letter in text]), 0, 0
        )
        for column, letter in enumerate(text):
            if letter in _OWN:
                self._pixels[_CELL * column : _CELL * column + _CELL] = _OWN[letter]


def _stand_in(letter):
    return " " if letter in _OWN else "?"


def _changed(before, text):
    """Return the first column in which two texts differ, and the one behind the last."""
    length = max(len(before), len(text))
    first, last = 0, length
    while _at(before, first) == _at(text, first):
        first += 1
    while _at(before, last - 1) == _at(text, last - 1):
        last -= 1
    return first, last


def _at(text, column):
    return text[column] if column < len(text) else " "
