"""What a printer feels and says of itself: paper, cover, drawer, and the status bytes that tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Paper = Literal["ok", "near_end", "out"]
PAPER_STATES: tuple[Paper, ...] = ("ok", "near_end", "out")
# Every status byte of DLE EOT has these two bits, so that it cannot be taken for XON, XOFF or a letter.
_FIXED = 0x12
_PIN_3_HIGH, _OFFLINE = 0x04, 0x08
_COVER_OPEN, _STOPPED_FOR_PAPER = 0x04, 0x20
_NEAR_END, _END = 0x0C, 0x60
_ROLL_NEAR_END, _ROLL_END = 0x03, 0x0C


@dataclass(frozen=True)
class Kick:
    """One pulse to a drawer: the pin of the connector, and how long its coil had current."""

    pin: Literal[2, 5]
    on_ms: int


class Drawer:
    """A cash drawer on one pin of the connector; whoever closes it is a person.

    `is_locked`: somebody turned the key, so a pulse opens nothing. `open_is_high` says at which level of
    pin 3 the drawer is open; that differs from drawer to drawer.
    """

    def __init__(self, pin: Literal[2, 5] = 2, *, open_is_high: bool = True) -> None:
        self.pin = pin
        self.open_is_high = open_is_high
        self.is_open = False
        self.is_locked = False
        self.kicks: list[Kick] = []

    @property
    def pin_3(self) -> bool:
        """The level that the printer sees on the drawer's switch."""
        return self.is_open == self.open_is_high

    def kick(self, pin: Literal[2, 5], on_ms: int) -> None:
        """Give current to a pin; only the one that the drawer is wired to opens it."""
        self.kicks.append(Kick(pin, on_ms))
        if pin == self.pin and on_ms and not self.is_locked:
            self.is_open = True

    def close(self) -> None:
        """Push the drawer in, as a person does."""
        self.is_open = False


class Sensors:
    """The state that status answers are made of. `lines_left` runs the roll out after so many lines."""

    def __init__(self, drawer: Drawer) -> None:
        self.drawer = drawer
        self.paper: Paper = "ok"
        self.is_cover_open = False
        self.is_switched_offline = False
        self.lines_left: int | None = None
        self.lines_printed = 0

    @property
    def can_print(self) -> bool:
        """Whether the next command would be carried out."""
        return self.paper != "out" and not self.is_cover_open and not self.is_switched_offline

    def line_printed(self) -> None:
        """Let the roll get shorter by a line."""
        self.lines_printed += 1
        if self.lines_left is None:
            return
        self.lines_left -= 1
        if self.lines_left <= 0:
            self.paper, self.lines_left = "out", None

    def real_time_status(self, number: int) -> bytes:
        """Return the answer to DLE EOT n: 1 printer, 2 what keeps it offline, 3 errors, 4 paper."""
        answers = {1: self._printer, 2: self._offline, 3: self._errors, 4: self._roll}
        return bytes([_FIXED | answers[number]()]) if number in answers else b""

    def transmitted_status(self, number: int) -> bytes:
        """Return the answer to GS r n: 1 paper, 2 drawer; it comes when what was sent before is printed."""
        if number in (1, 49):
            bits = {"ok": 0, "near_end": _ROLL_NEAR_END, "out": _ROLL_END}[self.paper]
        elif number in (2, 50):
            bits = int(self.drawer.pin_3)
        else:
            return b""
        return bytes([bits])

    def _printer(self) -> int:
        return (_PIN_3_HIGH if self.drawer.pin_3 else 0) | (0 if self.can_print else _OFFLINE)

    def _offline(self) -> int:
        cover = _COVER_OPEN if self.is_cover_open else 0
        return cover | (_STOPPED_FOR_PAPER if self.paper == "out" else 0)

    def _errors(self) -> int:
        # The cutter never jams here, and the head never gets hot.
        return 0

    def _roll(self) -> int:
        return {"ok": 0, "near_end": _NEAR_END, "out": _END}[self.paper]
