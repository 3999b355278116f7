"""The modes of a printer: how the next letters look and where they go, until something else is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from terminal_sim.printer import codepages
from terminal_sim.printer.paper import Align, Style

DEFAULT_LINE_DOTS = 30
_DEFAULT_TABS = tuple(12 * column for column in range(8, 64, 8))
_ALIGNS: tuple[Align, ...] = ("left", "center", "right")
_BOLD, _TALL, _WIDE, _UNDERLINED = 0x08, 0x10, 0x20, 0x80


class Modes:
    """What ESC @ resets. `space_dots` stands right of each letter; `tabs` are dots from the left."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go back to what the printer comes up with."""
        self.style = Style()
        self.align: Align = "left"
        self.table = codepages.FIRST_TABLE
        self.space_dots = 0
        self.line_dots = DEFAULT_LINE_DOTS
        self.tabs = _DEFAULT_TABS
        self.is_upside_down = False

    def set_style(self, **changes: object) -> None:
        """Change some of how letters look."""
        self.style = replace(self.style, **changes)

    def set_print_mode(self, bits: int) -> None:
        """ESC ! n sets five things at once."""
        self.style = Style(
            font="b" if bits & 1 else "a",
            width=2 if bits & _WIDE else 1,
            height=2 if bits & _TALL else 1,
            is_bold=bool(bits & _BOLD),
            underline=1 if bits & _UNDERLINED else 0,
            is_inverted=self.style.is_inverted,
        )

    def set_table(self, number: int) -> None:
        """ESC t n; a table that is not known leaves the one before, and is refused."""
        if not codepages.is_known(number):
            raise ValueError(f"ESC t {number}: no such code table")
        self.table = number

    def set_tabs(self, columns: bytes) -> None:
        """ESC D: columns in letters of the present width, in rising order, up to NUL."""
        width = self.style.cell[0] + self.space_dots
        self.tabs = tuple(width * column for column in columns.rstrip(b"\x00"))

    def next_tab(self, x_dots: int) -> int | None:
        """Return where HT goes from here, if anywhere."""
        return next((tab for tab in self.tabs if tab > x_dots), None)


# What may be said in the middle of a line, and holds for what comes after it.
ANYWHERE: dict[bytes, Callable[[Modes, bytes], None]] = {
    b"\x1b!": lambda modes, data: modes.set_print_mode(data[0]),
    b"\x1bM": lambda modes, data: modes.set_style(font="b" if data[0] in (1, 49) else "a"),
    b"\x1bE": lambda modes, data: modes.set_style(is_bold=bool(data[0] & 1)),
    b"\x1bG": lambda modes, data: modes.set_style(is_bold=bool(data[0] & 1)),
    b"\x1b-": lambda modes, data: modes.set_style(underline=min(data[0] % 48, 2)),
    b"\x1dB": lambda modes, data: modes.set_style(is_inverted=bool(data[0] & 1)),
    b"\x1d!": lambda modes, data: modes.set_style(width=(data[0] >> 4 & 7) + 1, height=(data[0] & 7) + 1),
    b"\x1bt": lambda modes, data: modes.set_table(data[0]),
    b"\x1b ": lambda modes, data: setattr(modes, "space_dots", data[0]),
    b"\x1b2": lambda modes, _data: setattr(modes, "line_dots", DEFAULT_LINE_DOTS),
    b"\x1b3": lambda modes, data: setattr(modes, "line_dots", data[0]),
    b"\x1bD": lambda modes, data: modes.set_tabs(data),
}
# What holds for whole lines: within a line a printer does not listen to it.
AT_THE_BEGINNING: dict[bytes, Callable[[Modes, bytes], None]] = {
    b"\x1ba": lambda modes, data: setattr(modes, "align", _ALIGNS[data[0] % 48]),
    b"\x1b{": lambda modes, data: setattr(modes, "is_upside_down", bool(data[0] & 1)),
}
