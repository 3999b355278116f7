"""MicroPython's `framebuf` as far as the firmware uses it: columns of eight pixels, and its own font."""

from terminal_sim.chips.petme_font import CELL, GLYPHS

MONO_VLSB = 0


class FrameBuffer:
    """Pixels in a buffer of the caller's, in bytes of eight lines with the upper one in bit 0."""

    def __init__(self, buffer, width, height, form):
        assert form == MONO_VLSB
        assert len(buffer) >= width * height // 8
        self._buffer = buffer
        self._width = width

    def fill(self, colour):
        """Set all pixels."""
        for position in range(len(self._buffer)):
            self._buffer[position] = 0xFF if colour else 0

    def text(self, text, x, y):
        """Draw letters of eight by eight pixels; other codes than ASCII are drawn as the font's last sign."""
        assert not y % 8
        for number, code in enumerate(text.encode()):
            columns = GLYPHS.get(chr(code), GLYPHS["\x7f"])
            start = y // 8 * self._width + x + CELL * number
            if start + CELL <= (y // 8 + 1) * self._width:
                self._buffer[start : start + CELL] = columns
