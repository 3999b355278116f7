"""The virtual printer: what arrives is printed in order, and people put paper in, open covers, pull plugs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from terminal_sim.printer.commands import Command, CommandStream, RealTimeCommands
from terminal_sim.printer.engine import Engine
from terminal_sim.printer.paper import DOTS_ON_PAPER
from terminal_sim.printer.receipt import Receipt
from terminal_sim.printer.sensors import PAPER_STATES, Drawer, Paper, Sensors
from terminal_sim.printer.wire import Wire

USUAL_PORT = 9100
RECEIVE_BUFFER_BYTES = 65_536
SETTLED_WITHIN_S = 5.0
_PULSE_UNIT_MS = 100


class VirtualPrinter:
    """A receipt printer with a cash drawer on loopback; a context manager that switches it off.

    `port` 0 takes a free one, the real ones listen on 9100. While it cannot print (no paper, cover open,
    switched offline) it takes what it is sent, as far as its buffer reaches, and prints it later; real-time
    questions (DLE EOT) are answered all the same. `line_ms` slows it down. ValueError for a paper that is
    not 58 or 80 mm wide, PortTaken for a port that another program has.
    """

    def __init__(self, *, port: int = 0, paper_mm: int = 80, drawer_pin: Literal[2, 5] = 2) -> None:
        if paper_mm not in DOTS_ON_PAPER:
            widths = " and ".join(str(width) for width in DOTS_ON_PAPER)
            raise ValueError(f"paper is {widths} mm wide, not {paper_mm}")
        self.paper_mm = paper_mm
        self.drawer = Drawer(drawer_pin)
        self.line_ms = 0
        self._sensors = Sensors(self.drawer)
        self._receipts: list[Receipt] = []
        self._engine = Engine(paper_mm, self._sensors, self._receipts.append)
        self._changed = threading.Condition()
        self._stream = CommandStream()
        self._real_time = RealTimeCommands()
        self._received = bytearray()
        self._commands: deque[Command] = deque()
        self._closing = threading.Event()
        self._wire = Wire(port, self._changed, self._has_room, self._take)
        self._thread = threading.Thread(target=self._print, name="printer", daemon=True)
        self._thread.start()

    def __enter__(self) -> VirtualPrinter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch it off; what is not printed yet is lost."""
        self._closing.set()
        self._wire.close()
        with self._changed:
            self._changed.notify_all()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self._wire.port

    @property
    def receipts(self) -> list[Receipt]:
        """All receipts that were cut or torn off; what has arrived is printed first, if it can be."""
        self.settle()
        return list(self._receipts)

    @property
    def hanging_out(self) -> Receipt:
        """What is printed and not cut off."""
        self.settle()
        with self._changed:
            return self._engine.hanging_out

    @property
    def beeps(self) -> int:
        """How often it has beeped."""
        return self._engine.beeps

    @property
    def remarks(self) -> list[str]:
        """What it was told and did not do, in sentences: what is not known, or not possible there."""
        return list(self._engine.remarks)

    @property
    def unprinted_bytes(self) -> int:
        """How much has arrived and waits: for paper, a closed cover, or the rest of a command."""
        with self._changed:
            waiting = sum(len(command.name) + len(command.data) for command in self._commands)
            return waiting + len(self._received) + self._stream.waiting

    @property
    def paper(self) -> Paper:
        """What its sensors say of the roll: ok, near_end or out."""
        return self._sensors.paper

    @paper.setter
    def paper(self, state: Paper) -> None:
        """Put a roll in, or let it end; ValueError for a state that the sensors do not tell."""
        if state not in PAPER_STATES:
            raise ValueError(f"paper is {', '.join(PAPER_STATES)}, not {state!r}")
        self._person(lambda: setattr(self._sensors, "paper", state))

    @property
    def is_cover_open(self) -> bool:
        """Whether the cover stands open: then nothing is printed."""
        return self._sensors.is_cover_open

    @is_cover_open.setter
    def is_cover_open(self, is_open: bool) -> None:
        """Open the cover, or close it."""
        self._person(lambda: setattr(self._sensors, "is_cover_open", is_open))

    @property
    def is_online(self) -> bool:
        """Whether it would print: online, with paper, and its cover closed."""
        return self._sensors.can_print

    def go_offline(self) -> None:
        """Press its online button: it takes data and prints nothing."""
        self._person(lambda: setattr(self._sensors, "is_switched_offline", True))

    def go_online(self) -> None:
        """Press the button again."""
        self._person(lambda: setattr(self._sensors, "is_switched_offline", False))

    def run_out_after(self, lines: int) -> None:
        """Let the roll end when so many lines more are printed."""
        self._person(lambda: setattr(self._sensors, "lines_left", lines))

    def lose_connection_after(self, count: int) -> None:
        """Break the connection, once, when so many bytes more have arrived."""
        self._wire.lose_connection_after(count)

    def unplug(self) -> None:
        """Take the network cable out: connections break and are refused. It keeps what has arrived."""
        self._wire.unplug()

    def plug_in(self) -> None:
        """Put the cable in again, on the same port."""
        self._wire.plug_in()

    def tear_off(self) -> Receipt | None:
        """Tear off what hangs out, as one does at a printer without a knife; None when nothing does."""
        self.settle()
        with self._changed:
            before = len(self._receipts)
            self._engine.tear_off()
            return self._receipts[-1] if len(self._receipts) > before else None

    def settle(self, within_s: float = SETTLED_WITHIN_S) -> bool:
        """Wait until all that has arrived is printed, or cannot be; False when that takes too long."""
        deadline_s = time.monotonic() + within_s
        with self._changed:
            while not self._is_settled():
                if self._closing.is_set() or time.monotonic() > deadline_s:
                    return False
                self._changed.wait(0.01)
        return True

    def wait_receipts(self, count: int, within_s: float = SETTLED_WITHIN_S) -> list[Receipt]:
        """Return the receipts when there are so many; TimeoutError says how many there are."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._receipts) >= count, within_s):
                raise TimeoutError(f"{len(self._receipts)} receipts after {within_s} s instead of {count}")
            return list(self._receipts)

    def describe(self) -> dict[str, Any]:
        """Return what there is to see of it, as plain values."""
        return {
            "port": self.port,
            "paper_mm": self.paper_mm,
            "paper": self.paper,
            "cover_open": self.is_cover_open,
            "online": self.is_online,
            "unprinted_bytes": self.unprinted_bytes,
            "receipts": len(self._receipts),
            "drawer_open": self.drawer.is_open,
            "drawer_locked": self.drawer.is_locked,
            "drawer_kicks": [{"pin": kick.pin, "on_ms": kick.on_ms} for kick in self.drawer.kicks[-10:]],
            "remarks": self.remarks[-10:],
        }

    def _person(self, act: Callable[[], None]) -> None:
        with self._changed:
            act()
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return len(self._received) < RECEIVE_BUFFER_BYTES

    def _take(self, data: bytes) -> None:
        for command in self._real_time.feed(data):
            if command.name == b"\x10\x04":
                self._wire.answer(self._sensors.real_time_status(command.data[0]))
            else:
                self.drawer.kick(5 if command.data[0] else 2, _PULSE_UNIT_MS * command.data[1])
        self._received += data
        self._changed.notify_all()

    def _is_settled(self) -> bool:
        if not self._sensors.can_print:
            return not self._wire.has_unread or not self._has_room()
        return not self._commands and not self._received and not self._wire.has_unread

    def _print(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work)
                if self._closing.is_set():
                    return
                lines = self._sensors.lines_printed
                answer = self._print_next()
                lines = self._sensors.lines_printed - lines
                self._changed.notify_all()
            if answer:
                self._wire.answer(answer)
            self._closing.wait(lines * self.line_ms / 1000)

    def _has_work(self) -> bool:
        return self._closing.is_set() or (
            self._sensors.can_print and bool(self._commands or self._received)
        )

    def _print_next(self) -> bytes:
        if not self._commands:
            self._commands.extend(self._stream.feed(bytes(self._received)))
            self._received.clear()
        return self._engine.execute(self._commands.popleft()) if self._commands else b""
