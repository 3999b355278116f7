"""A printer in the foreground: it shows each receipt, keeps its picture, and obeys the control socket."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from terminal_sim.control import ControlServer, Refused, State, refuse_a_second, write_state
from terminal_sim.printer.receipt import Receipt
from terminal_sim.printer.server import VirtualPrinter

DEVICE = "printer"
_LOOK_EVERY_S = 0.05
_SHOWN_WITHIN_S = 1.0
_SLOW_LINE_MS = 500
_BREAKS_AFTER_BYTES = 40


class Foreground:
    """A printer that other commands of this machine can reach by its name."""

    def __init__(self, name: str, settings: dict[str, Any], state_dir: Path, folder: Path) -> None:
        refuse_a_second(name, state_dir)
        self.name = name
        self.printer = VirtualPrinter(**settings)
        self._folder = folder
        self._shown = 0
        self._stopping = threading.Event()
        self._control = ControlServer()
        self._path = write_state(
            State(name, DEVICE, self._control.port, os.getpid(), self._control.secret), state_dir
        )

    def run(self, show: Callable[[Receipt, Path | None], None]) -> None:
        """Run until stop(); `show` gets each receipt, and where its picture is if one could be drawn."""
        while not self._stopping.wait(_LOOK_EVERY_S):
            self._control.serve_pending(self._execute)
            self._show_new(show)

    def stop(self) -> None:
        """Let run() return; may be called from a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Switch off and take the name back."""
        self._path.unlink(missing_ok=True)
        self._control.close()
        self.printer.close()

    def _show_new(self, show: Callable[[Receipt, Path | None], None]) -> None:
        for receipt in self.printer.wait_receipts(0)[self._shown :]:
            self._shown += 1
            show(receipt, self._keep(receipt))

    def _keep(self, receipt: Receipt) -> Path | None:
        try:
            picture = receipt.png()
        except RuntimeError:
            return None
        self._folder.mkdir(parents=True, exist_ok=True)
        number = 1
        while (path := self._folder / f"receipt-{number:04}.png").exists():
            number += 1
        path.write_bytes(picture)
        return path

    def _execute(self, command: str, arguments: dict[str, Any]) -> Any:
        if command == "ping":
            return True
        actions: dict[str, Callable[[str], None]] = {
            "printer-show": self._nothing,
            "printer-paper": self._paper,
            "printer-cover": self._cover,
            "printer-drawer": self._drawer,
            "printer-network": self._network,
            "printer-button": self._button,
            "printer-speed": self._speed,
            "printer-tear": self._tear,
        }
        if command not in actions:
            raise Refused(f"{self.name} is a printer: `tapledger sim printer --help` says what it can do")
        actions[command](arguments.get("what", ""))
        self.printer.settle(_SHOWN_WITHIN_S)
        return {"name": self.name, **self.printer.describe()}

    def _nothing(self, _what: str) -> None:
        """Showing needs no action."""

    def _paper(self, what: str) -> None:
        self.printer.paper = what.replace("-", "_")

    def _cover(self, what: str) -> None:
        self.printer.is_cover_open = what == "open"

    def _drawer(self, what: str) -> None:
        drawer = self.printer.drawer
        if what == "close":
            drawer.close()
        else:
            drawer.is_locked = what == "lock"

    def _network(self, what: str) -> None:
        if what == "break":
            self.printer.lose_connection_after(_BREAKS_AFTER_BYTES)
        elif what == "in":
            self.printer.plug_in()
        else:
            self.printer.unplug()

    def _speed(self, what: str) -> None:
        self.printer.line_ms = _SLOW_LINE_MS if what == "slow" else 0

    def _button(self, what: str) -> None:
        (self.printer.go_online if what == "online" else self.printer.go_offline)()

    def _tear(self, _what: str) -> None:
        if self.printer.tear_off() is None:
            raise Refused(f"nothing hangs out of {self.name}")
