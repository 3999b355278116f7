"""A receipt: what came out of the printer between two cuts, as text and as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from terminal_sim.printer.paper import CELLS, DOTS_ON_PAPER, Cut, Element, Feed, Line, Picture, offset


@dataclass(frozen=True)
class Receipt:
    """One piece of paper. `cut` says whether the knife went through, left a corner, or a person tore it."""

    paper_mm: int
    elements: tuple[Element, ...]
    cut: Cut

    @property
    def columns(self) -> int:
        """How many letters of font A fit side by side."""
        return DOTS_ON_PAPER[self.paper_mm] // CELLS["a"][0]

    @property
    def text(self) -> str:
        """The receipt in letters, aligned as it is printed; codes and pictures in square brackets."""
        return "\n".join(self._lines()).strip("\n")

    def png(self) -> bytes:
        """Return the receipt as a PNG file of 203 dpi; needs the extra `printer`."""
        from terminal_sim.printer.drawing import draw

        return draw(self)

    def _lines(self) -> Iterator[str]:
        # A picture may come in bands of 24 dots; a person sees one.
        for width, elements in groupby(self.elements, _picture_width):
            if width:
                yield f"[picture {width}x{sum(line.ink_height for line in elements)}]"
            else:
                for element in elements:
                    yield from self._said(element)

    def _said(self, element: Element) -> list[str]:
        if isinstance(element, Feed):
            return [""] * element.lines
        if isinstance(element, Line):
            return [self._line(element)]
        text = f"[{element.kind}: {element.text}]"
        return [" " * offset(element.align, len(text), self.columns) + text]

    def _line(self, line: Line) -> str:
        left = offset(line.align, line.width, DOTS_ON_PAPER[self.paper_mm])
        text, end_dots = "", -left
        for item in line.items:
            # Letters of other widths do not keep to the columns of font A: only white becomes blanks.
            if item.x_dots > end_dots:
                text = text.ljust((left + item.x_dots) // CELLS["a"][0])
            text += "[picture]" if isinstance(item, Picture) else item.text
            end_dots = item.x_dots + item.size[0]
        return text.rstrip()


def _picture_width(element: Element) -> int:
    """Return the width of a line that is a picture and nothing else; 0 for everything else."""
    if not isinstance(element, Line) or not all(isinstance(item, Picture) for item in element.items):
        return 0
    return element.width
