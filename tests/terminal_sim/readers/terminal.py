"""A terminal without a device behind it: it obeys the control socket and notes what it was told."""

from __future__ import annotations

import os
import threading
import time

from terminal_sim.control import ControlServer, Refused, State, write_state


class Terminal:
    """Obeys the control socket as a running terminal does; what is laid down and taken away is noted."""

    def __init__(self, folder) -> None:
        self._folder = folder
        self.done: list[tuple[str, str | None, float]] = []
        self.has_power = True
        self.start()

    def start(self) -> None:
        """Run, with a secret of its own."""
        self._control = ControlServer()
        self._is_running = True
        state = State("kitchen", "coffee_machine", self._control.port, os.getpid(), self._control.secret)
        self._path = write_state(state, self._folder)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._is_running = False
        self._thread.join()
        self._control.close()
        self._path.unlink()

    @property
    def story(self) -> list[tuple[str, str | None]]:
        """What was done, without its time."""
        return [(command, uid) for command, uid, _ in self.done]

    def _run(self) -> None:
        while self._is_running:
            self._control.serve_pending(self._execute)
            time.sleep(0.005)

    def _execute(self, command, arguments):
        if command == "tap" and not self.has_power:
            raise Refused("kitchen has no power")
        self.done.append((command, arguments.get("uid"), time.monotonic()))
        return True
