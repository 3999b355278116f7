"""PostgreSQL's primary is killed under load and its standby promoted; the server finds it by itself.

.venv/bin/python -m benchmarks.faults.failover [--rounds 3] [--standby synchronous|asynchronous]

An asynchronous standby loses debits that were answered, while its books are whole in themselves: only the
receipts tell.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.console import conclude, options, progress
from benchmarks.faults.customers import Customers
from benchmarks.faults.postgresql import Cluster, cluster_folder, free_port
from benchmarks.faults.receipts import Receipt, findings, lost, read_books
from benchmarks.faults.server import kill, serving
from benchmarks.faults.shop import Shop, broken_proofs, furnish

SYNCHRONOUS, ASYNCHRONOUS = "synchronous", "asynchronous"
_NAME = "second"
# How far an asynchronous standby is behind when the primary dies.
LAG_DEBITS = 50


@dataclass(frozen=True)
class Failover:
    """What came of it: for how long nothing was settled, what was lost, and what is wrong in the books."""

    outage_s: float
    statuses: Counter
    receipts: list[Receipt]
    lost: list[Receipt]
    broken_proofs: list[str]
    findings: list[str]


def fail_over(standby_kind: str, debits: int) -> Failover:
    """Settle so many debits before and after the primary's death, and check the books that are left."""
    with _pair() as (primary, standby):
        shop = furnish(primary.url)
        both = shop.at(_url_of_both(primary, standby))
        with serving(both.environment) as server, Customers(shop, lambda: server.port) as customers:
            if standby_kind == SYNCHRONOUS:
                _wait_for_each_other(primary)
            customers.wait_for(debits)
            if standby_kind == ASYNCHRONOUS:
                # What a slow line does by itself: the last debits are still on their way.
                sender = _stop_sending(primary)
                customers.wait_for(LAG_DEBITS)
            died_at = time.monotonic()
            primary.kill()
            if standby_kind == ASYNCHRONOUS:
                kill(sender)
            standby.promote()
            customers.wait_for(1)
            outage_s = time.monotonic() - died_at
            customers.wait_for(debits)
        return _look(shop.at(standby.url), customers, outage_s)


def _look(left: Shop, customers: Customers, outage_s: float) -> Failover:
    receipts, (booked, _) = customers.receipts, read_books(left)
    found = findings(left, receipts)
    return Failover(
        outage_s, customers.statuses, receipts, lost(receipts, booked), broken_proofs(left), found
    )


@contextmanager
def _pair() -> Iterator[tuple[Cluster, Cluster]]:
    with cluster_folder() as folder:
        primary = Cluster(folder / "first", free_port())
        primary.initialise()
        primary.start()
        standby = None
        try:
            primary.execute("CREATE DATABASE books")
            standby = primary.standby(Path(folder, _NAME), _NAME)
            yield primary, standby
        finally:
            for cluster in filter(None, (primary, standby)):
                cluster.stop()


def _wait_for_each_other(primary: Cluster) -> None:
    primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{_NAME}'")
    primary.execute("SELECT pg_reload_conf()")
    while primary.execute("SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
        time.sleep(0.05)


def _stop_sending(primary: Cluster) -> int:
    ((sender,),) = primary.execute("SELECT pid FROM pg_stat_replication")
    os.kill(sender, signal.SIGSTOP)
    return sender


def _url_of_both(*clusters: Cluster) -> str:
    hosts = "&".join(f"host=127.0.0.1:{cluster.port}" for cluster in clusters)
    return f"postgresql://ledger@/books?{hosts}&target_session_attrs=read-write"


def main() -> None:
    """Fail over so often, check and print."""
    asked = options(__doc__, rounds=3, choices={"--standby": (SYNCHRONOUS, ASYNCHRONOUS)})
    kind = asked.standby or SYNCHRONOUS
    facts, statuses, found = [], Counter(), []
    for number in range(asked.rounds):
        progress(f"failover {number + 1} of {asked.rounds}")
        came = fail_over(kind, debits=500)
        whole = "not whole" if came.broken_proofs else "whole"
        facts.append(
            f"{kind} standby: first debit {came.outage_s:.1f} s after the kill,"
            f" {len(came.lost)} of {len(came.receipts)} answered debits lost, books {whole} in themselves"
        )
        statuses += came.statuses
        found += came.findings
    conclude(facts, statuses, found)


if __name__ == "__main__":
    main()
