"""A picture of squares, such as a QR code, on the left half of a 128x64 OLED: dark squares on a lit field."""

from micropython import const

_SIDE = const(64)
# A reader needs a margin of lit squares around a code; this many are always left on each side.
_LEAST_MARGIN = const(1)


class Picture:
    """Squares from rows of bytes, the left one in the highest bit; as many columns as there are rows."""

    def __init__(self, rows):
        self._rows = rows
        self._scale = max(1, min(2, _SIDE // (len(rows) + 2 * _LEAST_MARGIN)))
        self._margin = (_SIDE - self._scale * len(rows)) // 2

    def draw(self, pixels, page):
        """Put a page, eight lines of pixels, into a buffer: a byte a column, the upper pixel in bit 0."""
        for x in range(_SIDE):
            column = 0xFF
            for bit in range(8):
                if self._is_dark(x, 8 * page + bit):
                    column ^= 1 << bit
            pixels[x] = column

    def _is_dark(self, x, y):
        column = (x - self._margin) // self._scale
        row = (y - self._margin) // self._scale
        if not (0 <= column < len(self._rows) and 0 <= row < len(self._rows)):
            return False
        return self._rows[row][column >> 3] >> (7 - (column & 7)) & 1
