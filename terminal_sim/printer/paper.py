"""What stands on the paper: lines of text, pictures, codes, and the white between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# At 203 dpi a millimetre has eight dots; this much of the paper's width can be printed on.
DOTS_ON_PAPER = {58: 384, 80: 576}
CELLS = {"a": (12, 24), "b": (9, 17)}

Align = Literal["left", "center", "right"]
Cut = Literal["full", "partial", "torn"]


@dataclass(frozen=True)
class Style:
    """How letters look. `width` and `height` are multiples from 1 to 8, `underline` is 0 to 2 dots."""

    font: Literal["a", "b"] = "a"
    width: int = 1
    height: int = 1
    is_bold: bool = False
    underline: int = 0
    is_inverted: bool = False

    @property
    def cell(self) -> tuple[int, int]:
        """The dots that one letter takes, across and down."""
        width, height = CELLS[self.font]
        return width * self.width, height * self.height


@dataclass(frozen=True)
class Run:
    """Letters of one style, from `x_dots` of their line on."""

    x_dots: int
    text: str
    style: Style
    spacing_dots: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Dots across and down."""
        width, height = self.style.cell
        return len(self.text) * (width + self.spacing_dots), height


@dataclass(frozen=True)
class Picture:
    """Dots: rows from above, eight dots a byte, the left one in the highest bit, 1 is black.

    Each dot is printed `x_scale` times across and `y_scale` times down.
    """

    x_dots: int
    width: int
    height: int
    rows: bytes
    x_scale: int = 1
    y_scale: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Dots across and down."""
        return self.width * self.x_scale, self.height * self.y_scale


@dataclass(frozen=True)
class Line:
    """Runs and pictures that stand on one line, `height` dots of paper with the space below them."""

    items: tuple[Run | Picture, ...]
    align: Align
    height: int
    is_upside_down: bool = False

    @property
    def width(self) -> int:
        """Dots from the left edge of the line to the right end of what stands on it."""
        return max((item.x_dots + item.size[0] for item in self.items), default=0)

    @property
    def ink_height(self) -> int:
        """Dots that the highest item takes."""
        return max((item.size[1] for item in self.items), default=0)


@dataclass(frozen=True)
class Symbol:
    """A QR code or a barcode, as it was asked for; it becomes dots when somebody draws it.

    `module_dots` is the width of its finest bar or of a square; `level` is a QR code's error correction.
    """

    kind: str
    text: str
    align: Align
    module_dots: int
    bar_height: int = 0
    text_above: bool = False
    text_below: bool = False
    level: str = "L"


@dataclass(frozen=True)
class Feed:
    """White paper: `height` dots, which a person would count as `lines`."""

    height: int
    lines: int = 0


Element = Line | Symbol | Feed


def offset(align: Align, width: int, area: int) -> int:
    """Return where something of this width begins on an area; what is too wide begins at the left."""
    free = max(0, area - width)
    return {"left": 0, "center": free // 2, "right": free}[align]
