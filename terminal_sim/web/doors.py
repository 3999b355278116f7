"""The board's terminals under their names, for the other `sim` commands and for real card readers."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from terminal_sim.control import ControlServer, Refused, State, refuse_a_second, write_state
from terminal_sim.foreground import describe
from terminal_sim.web.board import Board

LOOK_EVERY_S = 0.02


class Doors:
    """A control socket for each terminal of a board, as those in the foreground have; a context manager.

    What comes through is done as if it were done on the page. `taken` are the names that are those of
    other terminals of this machine, which keep them.
    """

    def __init__(self, board: Board, state_dir: Path) -> None:
        self.taken: list[str] = []
        self._board = board
        self._controls: dict[str, ControlServer] = {}
        self._paths: list[Path] = []
        self._threads: list[threading.Thread] = []
        self._is_closing = threading.Event()
        for name in board.plan.terminals:
            self._open(name, state_dir)

    def __enter__(self) -> Doors:
        return self

    def __exit__(self, *_: object) -> None:
        for path in self._paths:
            path.unlink(missing_ok=True)
        for control in self._controls.values():
            control.close()
        self._is_closing.set()
        for thread in self._threads:
            thread.join()

    def _open(self, name: str, state_dir: Path) -> None:
        try:
            refuse_a_second(name, state_dir)
        except Refused:
            self.taken.append(name)
            return
        control = self._controls[name] = ControlServer()
        device = self._board.settings(name)["device"]
        state = State(name, device, control.port, os.getpid(), control.secret)
        self._paths.append(write_state(state, state_dir))
        # A thread each, for a terminal that is busy must not keep the others waiting.
        self._threads.append(threading.Thread(target=self._serve, args=(name, control), daemon=True))
        self._threads[-1].start()

    def _serve(self, name: str, control: ControlServer) -> None:
        while not self._is_closing.wait(LOOK_EVERY_S):
            control.serve_pending(lambda command, arguments: self._do(name, command, arguments))

    def _do(self, name: str, command: str, arguments: dict[str, Any]) -> Any:
        if command == "ping":
            return True
        done = {}
        if command != "show":
            done = self._board.do(name, command.replace("-", "_"), arguments.get("value", arguments or True))
        return {**self._board.terminal(name).ask(describe), **done}
