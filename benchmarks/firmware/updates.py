"""The memory of the device that has the least left, while it takes an update and while that is on trial."""

from __future__ import annotations

from benchmarks.firmware.memory import MOST_BYTES
from benchmarks.firmware.promises import shown
from benchmarks.firmware.stand import Stand
from benchmarks.publisher import Publisher
from terminal_sim.machine import Machine

NAME = "updated"
LOOK_S = 0.1
LONGEST_S = 300
STARTED = "it is started"


def update(stand: Stand) -> bool:
    """Print what a vending machine keeps at most; returns whether it has room before and after.

    While an update is written it keeps more than that, which is said apart: a device without a heap of
    110 KB should be frozen.
    """
    publisher = Publisher(stand.ledger, stand.folder, NAME)
    machine = stand.terminal("vending_machine", NAME, update_check_ms=5000)
    machine.cut_power()
    machine.device.files().write("/update_key.json", publisher.public_key)
    machine.boot()
    machine.run_for(30)
    print("the live set of a vending machine that is updated")
    kept = [shown("ready for updates", machine.live_set_bytes(), "B", MOST_BYTES)]
    publisher.publish()
    written = _most_until(machine, STARTED)
    print(f"  {'while one is written, the most':<44}{written:>9,} B")
    tried = _most_until(machine, "healthy and stays")
    kept.append(shown("while it is on trial, the most", tried, "B", MOST_BYTES))
    return all(kept)


def _most_until(machine: Machine, said: str) -> int:
    since, most = len(machine.console), 0
    until_s = machine.seconds + LONGEST_S
    while not any(said in line for line in machine.console[since:]):
        if machine.seconds > until_s:
            raise RuntimeError(f"{said!r} was not said:\n{machine.report()}")
        machine.run_for(LOOK_S)
        if machine.is_powered:
            most = max(most, machine.live_set_bytes())
    return most
