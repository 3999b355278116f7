"""A bench with terminals on it, for tests, scenarios and the command line."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from terminal_sim.chips.cctalk_acceptor import CcTalkAcceptor
from terminal_sim.chips.mdb_bus import MdbBus
from terminal_sim.chips.mdb_vmc import VendingController
from terminal_sim.chips.relay import CoffeeBrewer
from terminal_sim.device import Device
from terminal_sim.machine import Machine
from terminal_sim.parts.board import SimulatorBoard
from terminal_sim.vm.flash import FlashChip

# How far one terminal may run ahead of the others while all of them run.
IN_STEP_US = 20_000
# What of config.json is also soldered to the board.
BOARD_SETTINGS = (
    *("reader", "display", "coin_acceptor", "pulse_cents", "pulse_width_ms", "pulse_gap_ms"),
    *("pulse_level", "inhibit_level"),
)
DEVICES = ("coffee_machine", "coin_station", "nfc_terminal", "vending_machine")


class Bench:
    """Terminals side by side, each in its own time; a context manager that switches them off.

    With `clock="virtual"` time passes only when it is asked for and a minute takes about a
    second; with "real" it is the wall's. `state_dir` keeps the terminals' flash between runs.
    `seed` makes the devices' randomness repeatable.
    """

    def __init__(
        self, clock: str = "virtual", state_dir: Path | str | None = None, seed: int | None = None
    ) -> None:
        self._clock = clock
        self._state_dir = None if state_dir is None else Path(state_dir)
        self._seed = seed
        self.machines: dict[str, Machine] = {}

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch all terminals off."""
        for machine in self.machines.values():
            machine.device.close()

    def terminal(
        self, device: str, ledger_url: str, api_token: str | None, name: str | None = None, **config: Any
    ) -> Machine:
        """Put a terminal on the bench, provision and boot it; one without a token wants to be paired.

        `device` is one of DEVICES; the other names are those of config.json: language, buttons, reader,
        display, pulse_cents, pulse_width_ms, pulse_gap_ms, request_timeout_ms, top_up_limit_cents; with
        `coin_acceptor="cctalk"` it has such an acceptor, which keeps its power when the terminal loses it.
        """
        if device not in DEVICES:
            raise ValueError(f"no device is named {device!r}; there are {', '.join(DEVICES)}")
        name = name or device
        if name in self.machines:
            raise ValueError(f"a terminal named {name} is on the bench already")
        settings = {"board": "simulator", "device": device, "ledger_url": ledger_url}
        if api_token is not None:
            settings["api_token"] = api_token
        settings |= {"language": "en", **config}
        machine = self._machine(name, settings)
        machine.run_all_for = self.run_for
        self.machines[name] = machine
        machine.provision()
        machine.boot()
        return machine

    def run_for(self, seconds: float) -> None:
        """Let this much time pass on all terminals, the one that is furthest behind first."""
        self._advance(
            {
                machine: machine.device.timeline.now_us() + int(seconds * 1_000_000)
                for machine in self.machines.values()
            }
        )

    def catch_up(self) -> None:
        """Bring all terminals to the time of the one that is furthest ahead."""
        latest_us = max(machine.device.timeline.now_us() for machine in self.machines.values())
        self._advance(dict.fromkeys(self.machines.values(), latest_us))

    def leap(self, seconds: float) -> None:
        """Let the clocks of all terminals jump forward; what was due meanwhile happens late."""
        for machine in self.machines.values():
            machine.leap(seconds)

    def _advance(self, waiting: dict[Machine, int]) -> None:
        while waiting:
            machine = min(waiting, key=lambda each: each.device.timeline.now_us() - waiting[each])
            now_us = machine.device.timeline.now_us()
            if now_us >= waiting[machine]:
                del waiting[machine]
            else:
                machine.advance(min(waiting[machine], now_us + IN_STEP_US))

    def _machine(self, name: str, settings: dict[str, Any]) -> Machine:
        path = None if self._state_dir is None else self._state_dir / f"{name}.flash"
        board = {key: settings[key] for key in BOARD_SETTINGS if key in settings}
        device = Device(
            name,
            clock=self._clock,
            chip=FlashChip(path),
            entropy=None if self._seed is None else random.Random(f"{self._seed} {name}"),
            make_board=lambda device: SimulatorBoard(device, brewer, cctalk, **board),
        )
        brewer = CoffeeBrewer(device.timeline)
        is_cctalk = settings.get("coin_acceptor") == "cctalk"
        cctalk = CcTalkAcceptor(device.timeline) if is_cctalk else None
        machine = Machine(device, brewer, settings)
        if settings["device"] == "vending_machine":
            device.vending_bus = MdbBus(device.timeline)
            machine.vmc = VendingController(device.timeline, device.vending_bus)
            machine.vmc.power(True)
        return machine
