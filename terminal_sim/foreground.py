"""One terminal in the foreground: it runs in real time, shows its display and obeys the control socket."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from terminal_sim.bench import Bench
from terminal_sim.control import ControlServer, Refused, State, refuse_a_second, write_state
from terminal_sim.machine import KEYS, Machine

SLICE_S = 0.05
# A laptop that is busy may take its time for a pulse, and for what the firmware writes between two of them.
SLOW_PULSES = {"pulse_width_ms": 100, "pulse_gap_ms": 200}


class Foreground:
    """A terminal that other commands of this machine can reach by its name."""

    def __init__(self, name: str, settings: dict[str, Any], state_dir: Path) -> None:
        refuse_a_second(name, state_dir)
        self._state_dir = state_dir
        self._is_stopping = False
        self._taps = 0
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
        actions = {
            "tap": self._tap,
            "untap": self.machine.untap,
            "press": self._press,
            "coin": self._coin,
            "offline": self.machine.network.offline,
            "online": self.machine.network.online,
            "cut-power": self.machine.cut_power,
            "boot": self.machine.boot,
            "show": self._nothing,
        }
        if command not in actions:
            raise Refused(f"{self.machine.name} does not know the command {command!r}")
        result = actions[command](**arguments) or {}
        return {**describe(self.machine), **result}

    def _nothing(self) -> None:
        """Showing needs no action."""

    def _tap(self, uid: str, hold_s: float) -> None:
        self._need_power()
        self.machine.tap(uid)
        self._taps += 1
        if hold_s > 0:
            this_tap = self._taps
            self.machine.device.timeline.after(int(hold_s * 1_000_000), lambda: self._let_go(this_tap))

    def _let_go(self, tap: int) -> None:
        # Another token may have taken the place of this one meanwhile.
        if tap == self._taps:
            self.machine.untap()

    def _press(self, what: str) -> None:
        self._need_power()
        buttons = self.machine.config.get("buttons", [])
        if self.machine.vmc is not None or what in buttons or (buttons and what.isdigit()):
            self.machine.press(int(what) if what.isdigit() and what not in buttons else what)
        elif what and all(key in KEYS for key in what):
            self.machine.keys(what)
        else:
            names = ", ".join(buttons) or "none"
            raise Refused(f"{self.machine.name} has no button {what!r} (buttons: {names}; keys: {KEYS})")

    def _coin(self, cents: int) -> dict[str, bool]:
        self._need_power()
        return {"accepted": self.machine.insert_coin(cents)}

    def _need_power(self) -> None:
        if not self.machine.is_powered:
            raise Refused(f"{self.machine.name} has no power: `tapledger sim boot {self.machine.name}` first")


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
