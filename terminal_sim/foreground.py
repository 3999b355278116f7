"""One terminal in the foreground: it runs in real time, shows its display and obeys the control socket."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from terminal_sim.actions import ACTIONS, perform
from terminal_sim.bench import Bench
from terminal_sim.control import ControlServer, Refused, State, refuse_a_second, write_state
from terminal_sim.machine import Machine

SLICE_S = 0.05
# A laptop that is busy may take its time for a pulse, and for what the firmware writes between two of them.
SLOW_PULSES = {"pulse_width_ms": 100, "pulse_gap_ms": 200}


class Foreground:
    """A terminal that other commands of this machine can reach by its name."""

    def __init__(self, name: str, settings: dict[str, Any], state_dir: Path) -> None:
        refuse_a_second(name, state_dir)
        self._state_dir = state_dir
        self._is_stopping = False
        self._bench = Bench(clock="real", state_dir=state_dir)
        self._control = ControlServer()
        self.machine = self._bench.terminal(name=name, **SLOW_PULSES, **settings)
        self._path = write_state(
            State(name, settings["device"], self._control.port, os.getpid(), self._control.secret), state_dir
        )

    def run(self, show: Callable[[list[str]], None]) -> None:
        """Run until stop(); `show` gets the display's lines each time they change."""
        shown: list[str] | None = None
        while not self._is_stopping:
            self.machine.run_for(SLICE_S)
            self._control.serve_pending(self._execute)
            if self.machine.display != shown:
                shown = self.machine.display
                show(shown)

    def stop(self) -> None:
        """Let run() return; may be called from a signal handler."""
        self._is_stopping = True

    def close(self) -> None:
        """Switch off and take the name back."""
        self._path.unlink(missing_ok=True)
        self._control.close()
        self._bench.close()

    def _execute(self, command: str, arguments: dict[str, Any]) -> Any:
        if command == "ping":
            return True
        if command == "show":
            return describe(self.machine)
        name = command.replace("-", "_")
        if name in ACTIONS and ACTIONS[name].needs_power and not self.machine.is_powered:
            raise Refused(f"{self.machine.name} has no power: `tapledger sim boot {self.machine.name}` first")
        result = perform(self.machine, name, arguments.get("value", arguments or True))
        return {**describe(self.machine), **result}


def describe(machine: Machine) -> dict[str, Any]:
    """Return what there is to see of a terminal."""
    return {
        "name": machine.name,
        "device": machine.config["device"],
        "powered": machine.is_powered,
        "online": machine.network.is_online,
        "display": machine.display,
        "relay_closures": machine.relay_closures,
        "coin_falling": machine.is_coin_falling,
        "requests": [str(request) for request in machine.network.requests[-5:]],
        "console": machine.console[-10:],
    }
