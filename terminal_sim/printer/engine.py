"""The printing itself: the line that is being put together, pictures, feeding, cutting, the drawer."""

from __future__ import annotations

from collections.abc import Callable

from terminal_sim.printer import codepages, graphics, modes
from terminal_sim.printer.commands import Command
from terminal_sim.printer.paper import DOTS_ON_PAPER, Cut, Element, Feed, Line, Picture, Run, Symbol
from terminal_sim.printer.receipt import Receipt
from terminal_sim.printer.sensors import Sensors

# Set how dark, smooth or fast it prints, or what a person may press: nothing of it is seen on the paper.
# A status that was asked for in real time was answered when it arrived.
_WITHOUT_EFFECT = {
    b"\x00", b"\r", b"\x0c", b"\x1b=", b"\x1bU", b"\x1br", b"\x1bc3", b"\x1bc4", b"\x1bc5",
    b"\x1d|", b"\x1db", b"\x1df", b"\x1da", b"\x1d(A", b"\x1d(D", b"\x1d(E", b"\x1d(K", b"\x1c.",
    b"\x10\x04", b"\x10\x05", b"\x10\x14",
}  # fmt: skip
_WITH_FEED = (65, 66, 97, 98)
_PARTIAL = (1, 49, 66, 98)


class Engine:
    """Carries out commands one by one, and calls `keep` with each receipt that is cut.

    `remarks` says in sentences what was not carried out: unknown, or not at the beginning of a line.
    """

    def __init__(self, paper_mm: int, sensors: Sensors, keep: Callable[[Receipt], None]) -> None:
        self._paper_mm = paper_mm
        self._area = DOTS_ON_PAPER[paper_mm]
        self._sensors = sensors
        self._keep = keep
        self._modes = modes.Modes()
        self._codes = graphics.Codes()
        self._graphics = graphics.StoredGraphics()
        self._elements: list[Element] = []
        self._items: list[Run | Picture] = []
        self._x_dots = 0
        self.beeps = 0
        self.remarks: list[str] = []
        self._actions = self._known_actions() | self._known_graphics()

    @property
    def hanging_out(self) -> Receipt:
        """What is printed and not cut yet, as if somebody tore it off."""
        return Receipt(self._paper_mm, tuple(self._elements), "torn")

    def execute(self, command: Command) -> bytes:
        """Carry out one command; returns what the printer answers."""
        if not command.name:
            self._write(codepages.decode(command.data, self._modes.table))
            return b""
        if command.name == b"\x1dr":
            return self._sensors.transmitted_status(command.data[0])
        try:
            self._carry_out(command.name, command.data)
        except ValueError as error:
            self.remarks.append(f"{error}")
        except IndexError:
            self.remarks.append(f"{spelled(command.name)}: its data make no sense")
        return b""

    def tear_off(self) -> None:
        """Let a person tear off what hangs out, if anything does."""
        if self._elements:
            self._finish("torn")

    def _carry_out(self, name: bytes, data: bytes) -> None:
        if name in self._actions:
            self._actions[name](data)
        elif name in modes.ANYWHERE:
            modes.ANYWHERE[name](self._modes, data)
        elif name in modes.AT_THE_BEGINNING:
            self._need_a_new_line(name)
            modes.AT_THE_BEGINNING[name](self._modes, data)
        elif name not in _WITHOUT_EFFECT:
            raise ValueError(f"{spelled(name)} is not known")

    def _known_actions(self) -> dict[bytes, Callable[[bytes], None]]:
        return {
            b"\n": lambda _: self._feed_lines(1),
            b"\t": lambda _: self._tab(),
            b"\x07": lambda _: self._beep(1),
            b"\x1b@": lambda _: self._reset(),
            b"\x1b$": lambda data: self._move(int.from_bytes(data, "little")),
            b"\x1bd": lambda data: self._feed_lines(data[0]),
            b"\x1bJ": lambda data: self._feed_dots(data[0]),
            b"\x1bB": lambda data: self._beep(data[0]),
            b"\x1bp": lambda data: self._kick(data[0] % 48, 2 * data[1]),
            b"\x1dV": self._cut,
        }

    def _known_graphics(self) -> dict[bytes, Callable[[bytes], None]]:
        codes, stored = self._codes, self._graphics
        return {
            b"\x1b*": lambda data: self._put(graphics.column_picture(data, self._x_dots)),
            b"\x1dv0": lambda data: self._print(graphics.raster_picture(data)),
            b"\x1d(L": lambda data: self._print(stored.take(data[2:])),
            b"\x1d8L": lambda data: self._print(stored.take(data[4:])),
            b"\x1d(k": lambda data: self._print(codes.two_dimensional(data, self._modes.align)),
            b"\x1dk": lambda data: self._print(codes.barcode(data, self._modes.align)),
            b"\x1dh": lambda data: setattr(codes, "bar_height", max(data[0], 1)),
            b"\x1dw": lambda data: setattr(codes, "bar_width", min(max(data[0], 2), 6)),
            b"\x1dH": lambda data: setattr(codes, "text_position", data[0] % 48),
        }

    def _write(self, text: str) -> None:
        style, space = self._modes.style, self._modes.space_dots
        width = style.cell[0] + space
        while text:
            fits = (self._area - self._x_dots) // width
            if fits <= 0 and self._items:
                self._feed_lines(1)
                continue
            # Where not one letter fits an empty line, it is printed and cut at the edge.
            taken, text = text[: max(fits, 1)], text[max(fits, 1) :]
            self._put(Run(self._x_dots, taken, style, space))

    def _put(self, item: Run | Picture) -> None:
        self._items.append(item)
        self._x_dots = item.x_dots + item.size[0]

    def _print(self, element: Picture | Symbol | None) -> None:
        """Print what fills lines of its own; within a line a printer ignores it."""
        if element is None:
            return
        self._need_a_new_line(b"")
        if isinstance(element, Picture):
            element = Line((element,), self._modes.align, element.size[1])
        self._elements.append(element)
        self._sensors.line_printed()

    def _tab(self) -> None:
        self._x_dots = self._modes.next_tab(self._x_dots) or self._x_dots

    def _move(self, x_dots: int) -> None:
        if x_dots < self._area:
            self._x_dots = x_dots

    def _feed_lines(self, count: int) -> None:
        if self._items:
            self._end_line(self._modes.line_dots)
            count -= 1
        for _ in range(count):
            self._elements.append(Feed(self._modes.line_dots, lines=1))
            self._sensors.line_printed()
        self._x_dots = 0

    def _feed_dots(self, dots: int) -> None:
        if self._items:
            self._end_line(dots)
        elif dots:
            self._elements.append(Feed(dots))

    def _end_line(self, dots: int) -> None:
        line = Line(tuple(self._items), self._modes.align, dots, self._modes.is_upside_down)
        self._elements.append(line)
        self._items, self._x_dots = [], 0
        self._sensors.line_printed()

    def _cut(self, data: bytes) -> None:
        if data[0] in _WITH_FEED:
            self._feed_dots(data[1])
        else:
            self._need_a_new_line(b"\x1dV")
        if self._elements:
            self._finish("partial" if data[0] in _PARTIAL else "full")

    def _finish(self, cut: Cut) -> None:
        receipt = Receipt(self._paper_mm, tuple(self._elements), cut)
        self._elements = []
        self._keep(receipt)

    def _kick(self, connector: int, on_ms: int) -> None:
        if connector > 1:
            raise ValueError(f"ESC p {connector}: a drawer is on 0 (pin 2) or 1 (pin 5)")
        self._sensors.drawer.kick(5 if connector else 2, on_ms)

    def _beep(self, times: int) -> None:
        self.beeps += times

    def _reset(self) -> None:
        self._modes.reset()
        self._codes.reset()
        self._items, self._x_dots = [], 0

    def _need_a_new_line(self, name: bytes) -> None:
        if self._items:
            what = spelled(name) if name else "a picture or a code"
            raise ValueError(f"{what} in the middle of a line is ignored: LF first")


def spelled(name: bytes) -> str:
    """Return a command's name as manuals write it, such as `ESC a` or `GS ( L`."""
    signs = {0x10: "DLE", 0x1B: "ESC", 0x1C: "FS", 0x1D: "GS"}
    return " ".join(signs.get(byte) or (chr(byte) if 0x20 < byte < 0x7F else f"{byte:02X}") for byte in name)
