"""A picture of squares, such as a QR code, on the left half of a 128x64 OLED: dark squares on a lit field."""

from micropython import const

_SIDE = const(64)
_PAGES = const(8)
_DATA = const(0x40)
# Columns 0 to 63 of the pages whose first and last number follow.
_WINDOW = b"\x00\x21\x00\x3f\x22"
# A camera needs a margin of lit squares around a code; this many are always left on each side.
_LEAST_MARGIN = const(1)


async def show(display, rows, lines):
    """Show squares from rows of bytes, the left one in the highest bit, and lines to the right of them.

    There are as many columns as rows, at most 62; each square is two pixels wide if it fits so, else one.
    """
    beside = " " * display.picture_columns
    if not await display.show([beside + line for line in lines]):
        return False
    picture = _Picture(rows)
    try:
        for page in range(_PAGES):
            display.bus.writeto(display.address, _WINDOW + bytes((page, page)))
            display.bus.writeto(display.address, picture.page(page))
    except OSError:
        return False
    finally:
        display.forget()
    return True


class _Picture:
    def __init__(self, rows):
        self._rows = rows
        self._scale = max(1, min(2, _SIDE // (len(rows) + 2 * _LEAST_MARGIN)))
        self._margin = (_SIDE - self._scale * len(rows)) // 2
        self._transfer = bytearray(1 + _SIDE)
        self._transfer[0] = _DATA

    def page(self, page):
        """Return eight lines of pixels as the chip takes them: a byte a column, the upper pixel in bit 0."""
        lines = [self._squares_at(8 * page + bit) for bit in range(8)]
        for x in range(_SIDE):
            self._transfer[1 + x] = self._column(lines, (x - self._margin) // self._scale)
        return self._transfer

    def _column(self, lines, square):
        column = 0xFF
        if not 0 <= square < len(self._rows):
            return column
        index, mask = square >> 3, 0x80 >> (square & 7)
        for bit, squares in enumerate(lines):
            if squares and squares[index] & mask:
                column ^= 1 << bit
        return column

    def _squares_at(self, y):
        row = (y - self._margin) // self._scale
        return self._rows[row] if 0 <= row < len(self._rows) else None
