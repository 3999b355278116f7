"""The vending bus over whole sessions: how long the machine waits for each answer."""

from __future__ import annotations

from statistics import median

from benchmarks.firmware.promises import shown
from benchmarks.firmware.stand import PRICE_CENTS, TOKEN, Stand
from terminal_sim.machine import Machine

# The specification allows 5 ms.
LATEST_US = 4_000
SESSIONS = 5
ITEM, REVALUED_UNITS = 7, 200
IDLE = "Hold your token, then choose"


def answers(stand: Stand) -> bool:
    """Print the time of the answers, in microseconds; returns whether each came in time and by the book."""
    machine = stand.terminal("vending_machine", "sessions", mdb_revalue=True)
    for number in range(SESSIONS):
        _sell(machine, dispenses=bool(number % 2))
        _ask_back(machine)
        _revalue(machine)
    master = machine.vmc.master
    times_us = master.answer_times_us
    print(f"the vending bus over {3 * SESSIONS} sessions, {len(times_us)} answers")
    for violation in master.violations:
        print(f"  AGAINST THE SPECIFICATION at {violation}")
    print(f"  {'answer, the median':<44}{int(median(times_us)):>9,} us")
    return shown("answer, the latest", max(times_us), "us", LATEST_US + 1) and not master.violations


def _begin(machine: Machine) -> None:
    machine.untap()
    machine.wait_display(IDLE, timeout_s=60)
    machine.tap(TOKEN)
    machine.wait_until(lambda: machine.vmc.in_session)


def _sell(machine: Machine, *, dispenses: bool) -> None:
    machine.vmc.settings.dispenses = dispenses
    vends = len(machine.vmc.sold) + len(machine.vmc.failed)
    _begin(machine)
    # The machine does not hear the first acknowledgement, and the first answer it asks for again.
    machine.vmc.master.faults.lost_acks = machine.vmc.master.faults.asked_again = 1
    machine.vmc.choose(ITEM, PRICE_CENTS)
    machine.wait_until(lambda: len(machine.vmc.sold) + len(machine.vmc.failed) > vends)


def _ask_back(machine: Machine) -> None:
    denied = len(machine.vmc.denied)
    machine.vmc.settings.cancels_after_us = 1_000
    _begin(machine)
    machine.vmc.choose(ITEM, PRICE_CENTS)
    machine.wait_until(lambda: len(machine.vmc.denied) > denied)
    machine.vmc.settings.cancels_after_us = None


def _revalue(machine: Machine) -> None:
    revalued = len(machine.vmc.revalued)
    _begin(machine)
    machine.vmc.top_up(REVALUED_UNITS)
    machine.wait_until(lambda: len(machine.vmc.revalued) > revalued)
    machine.vmc.return_money()
    machine.wait_until(lambda: not machine.vmc.in_session)
