"""The two bitmap fonts of the virtual printer, read from their PSF 2 files."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_FILES = {"a": "spleen-12x24.psfu.gz", "b": "spleen-8x16.psfu.gz"}
_MAGIC = 0x864AB572
_END, _SEQUENCES = b"\xff", b"\xfe"


@dataclass(frozen=True)
class Font:
    """Glyphs as rows of whole bytes from above, the left dot in the highest bit."""

    width: int
    height: int
    glyphs: dict[str, bytes]

    def glyph(self, letter: str) -> bytes | None:
        """Return a letter's dots; None when the font has none for it."""
        return self.glyphs.get(letter)


@cache
def load(name: str) -> Font:
    """Return font a or b."""
    data = gzip.decompress((_FOLDER / _FILES[name]).read_bytes())
    magic, _, header, _, count, size, height, width = struct.unpack("<8I", data[:32])
    if magic != _MAGIC:
        raise ValueError(f"{_FILES[name]} is no PSF 2 font")
    tables = data[header + count * size :].split(_END)
    glyphs = {}
    for number, table in enumerate(tables[:count]):
        dots = data[header + number * size : header + (number + 1) * size]
        glyphs |= dict.fromkeys(table.split(_SEQUENCES)[0].decode(), dots)
    return Font(width, height, glyphs)
