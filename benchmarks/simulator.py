"""What the simulator costs: until a terminal is ready, a minute of it, and many of them at once.

.venv/bin/python -m benchmarks.simulator [--devices 20] [--light 200] [--taps-per-minute 3000]

All of it against a real ledger on the same machine. Exits with 1 when a figure breaks its promise; times are
held to it by what was computed, because others may share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.debits import SECRET_KEY
from benchmarks.servers import cpu_ns, ledger_server, peak_kib
from ledger.domain.audit.queries import audit
from ledger.fleet_data import EVERY_POOR, OFFERS, prepare
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade
from terminal_sim import Bench
from terminal_sim.fleet.evening import Evening
from terminal_sim.fleet.plan import Pace
from terminal_sim.fleet.premises import Premises
from terminal_sim.fleet.report import Report
from terminal_sim.machine import Machine

MOST_READY_S = 2.0
# About a second: a machine that does something else meanwhile is not to fail it.
MOST_MINUTE_S = 2.0
MOST_MEMORY_MIB = 2048
BUTTON = OFFERS[0].slug


@dataclass(frozen=True)
class Stand:
    """A ledger that is being served, and who is known there."""

    ledger: Ledger
    url: str
    premises: Premises
    # Guests whom the light terminals do not meet: their money is for the devices.
    rich: tuple[str, ...]

    def device(self, bench: Bench, number: int) -> Machine:
        """Put a bar on a bench and wait until it sells."""
        name, token = list(self.premises.api_tokens.items())[number]
        machine = bench.terminal("coffee_machine", self.url, token, name, buttons=[BUTTON])
        machine.wait_display("Choose a drink")
        return machine


@contextmanager
def _stand(terminals: int) -> Iterator[Stand]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/books.db"
        os.environ |= {"TAPLEDGER_DATABASE_URL": url, "TAPLEDGER_SECRET_KEY": SECRET_KEY}
        settings = Settings.from_environment()
        database = open_database(settings.database_url)
        upgrade(database.engine)
        ledger = Ledger(database, settings)
        made = prepare(ledger, bars_and_desks=terminals, guests=3 * terminals)
        rich, tokens = tuple(made["tokens"][: EVERY_POOR - 1]), tuple(made["tokens"][EVERY_POOR:])
        premises = Premises(made["terminals"], tokens, tuple(made["blocked"]))
        with ledger_server(2) as (port, _):
            yield Stand(ledger, f"http://127.0.0.1:{port}", premises, rich)
        database.close()


def ready(stand: Stand) -> bool:
    """Measure how long a terminal takes until it sells, and a minute of its time when nobody comes."""
    with Bench(seed=1) as bench:
        watch = Watch()
        machine = stand.device(bench, 0)
        ready_s = watch.told(f"a terminal is ready (promised: {MOST_READY_S:.0f} s)", machine)
        watch = Watch(machine)
        machine.run_for(60)
        minute_s = watch.told("60 s of its time (promised: about 1 s)", machine)
    return ready_s < MOST_READY_S and minute_s < MOST_MINUTE_S


class Watch:
    """Measures by the wall, and by what the simulator and its device compute, never both at once."""

    def __init__(self, machine: Machine | None = None) -> None:
        self._began_s, self._computed_s = time.perf_counter(), _computed_s(machine)

    def told(self, what: str, machine: Machine) -> float:
        """Print both, and return the second one."""
        wall_s = time.perf_counter() - self._began_s
        computed_s = _computed_s(machine) - self._computed_s
        print(f"{what}: {computed_s:.2f} s of computing, {wall_s:.2f} s by the wall", flush=True)
        return computed_s


def _computed_s(machine: Machine | None) -> float:
    own_s = time.process_time()
    return own_s if machine is None else own_s + cpu_ns(machine.device.vm.process_id) / 1e9


def devices(stand: Stand, count: int) -> bool:
    """Measure the memory of so many devices at once, each of which has sold something."""
    began_s = time.perf_counter()
    with Bench(seed=1) as bench:
        for number in range(count):
            _sell(stand.device(bench, number), stand.rich[number % len(stand.rich)])
        sold_s = time.perf_counter() - began_s
        processes = [machine.device.vm.process_id for machine in bench.machines.values()]
        each_mib = [_resident_mib(process) for process in processes]
        own_mib = _resident_mib(os.getpid())
    whole_mib = sum(each_mib) + own_mib
    print(
        f"{count} devices at once hold {whole_mib:.0f} MiB (promised: {MOST_MEMORY_MIB}): {own_mib:.0f} the "
        f"simulator, {max(each_mib):.0f} a device at most; started and sold after {sold_s:.0f} s"
    )
    return whole_mib < MOST_MEMORY_MIB


def light(stand: Stand, taps_per_minute: int) -> bool:
    """Measure half a minute of light terminals alone, all of them in this process."""
    pace = Pace(taps_per_minute, minutes=0.5, lost_share=0.01)
    computed_s = time.process_time()
    outcome = asyncio.run(Evening(stand.url, stand.premises).run(pace, 0, seed=1))
    computed_s = time.process_time() - computed_s
    proofs = stand.ledger.read(audit)
    told = Report(outcome, None, 1).as_dict()
    is_whole = told["holds"] and all(proof.holds for proof in proofs)
    times = ", ".join(f"{name} {ms} ms" for name, ms in told["latency_ms"].items())
    print(f"{outcome.terminals} light terminals: {outcome.done} taps in {outcome.seconds:.1f} s")
    print(f"  {told['requests']} requests, answered in {times}")
    print(
        f"  {computed_s:.1f} s of computing, {peak_kib(os.getpid()) / 1024:.0f} MiB at most in their process"
    )
    print(f"  {'balances and audit hold' if is_whole else 'BALANCES OR AUDIT DO NOT HOLD'}", flush=True)
    return is_whole and outcome.done == outcome.planned


def _sell(machine: Machine, token: str) -> None:
    machine.press(BUTTON)
    machine.wait_display("Hold your token")
    machine.tap(token)
    machine.wait_display("Enjoy")
    machine.untap()


def _resident_mib(process_id: int) -> float:
    # What processes share, such as Node.js itself, is split among them.
    rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    return int(re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)[1]) / 1024


def main() -> None:
    """Print each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--light", type=int, default=200)
    parser.add_argument("--taps-per-minute", type=int, default=3000)
    options: Any = parser.parse_args()
    with _stand(max(options.light, options.devices * 2)) as stand:
        # The light ones first: their memory is to be theirs alone.
        kept = [light(stand, options.taps_per_minute), ready(stand), devices(stand, options.devices)]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
