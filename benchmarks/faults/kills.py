"""kill -9 at random moments under load: workers, the writer, the master, and PostgreSQL itself.

.venv/bin/python -m benchmarks.faults.kills [--rounds 100] [--database sqlite|postgresql]
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from benchmarks.faults.console import Say, conclude, options, progress
from benchmarks.faults.customers import Customers
from benchmarks.faults.postgresql import Cluster
from benchmarks.faults.receipts import Receipt, findings
from benchmarks.faults.server import MASTER, Server, kill, wait_for_end
from benchmarks.faults.shop import Shop, shop_on

POSTMASTER, BACKEND = "postmaster", "backend"
# The next kill comes after so many settled debits, and never at the same point of one.
MOST_DEBITS = 100


@dataclass
class Slaughter:
    """What came of it: who was killed how often, what clients were told, and what is wrong now."""

    killed: Counter = field(default_factory=Counter)
    statuses: Counter = field(default_factory=Counter)
    receipts: list[Receipt] = field(default_factory=list)
    longest_orphan_s: float = 0
    longest_outage_s: float = 0
    findings: list[str] = field(default_factory=list)


def slaughter(
    database: str, kills: int, *, workers: int = 2, seed: int = 1, say: Say = progress
) -> Slaughter:
    """Serve a new shop on this database, kill so many processes of it under load, and check the books."""
    with shop_on(database) as (shop, cluster):
        return _Butcher(shop, cluster, workers, seed).work(kills, say)


class _Butcher:
    def __init__(self, shop: Shop, cluster: Cluster | None, workers: int, seed: int) -> None:
        self._shop = shop
        self._cluster = cluster
        self._workers = workers
        self._random = Random(seed)
        self._server = Server(shop.environment, workers)
        self._came = Slaughter()

    def work(self, kills: int, say: Say) -> Slaughter:
        """Kill so often, then let everything settle and look."""
        try:
            with Customers(self._shop, lambda: self._server.port) as customers:
                customers.wait_for(1)
                for number in range(kills):
                    customers.wait_for(self._random.randint(1, MOST_DEBITS))
                    time.sleep(self._random.random() / 50)
                    self._strike(customers)
                    say(f"{number + 1} of {kills} kills, {customers.settled} debits settled")
        finally:
            self._server.stop()
        self._came.statuses, self._came.receipts = customers.statuses, customers.receipts
        self._came.findings += findings(self._shop, customers.receipts)
        return self._came

    def _strike(self, customers: Customers) -> None:
        role, pids = self._victims()
        self._came.killed[role] += 1
        started = time.monotonic()
        if role == POSTMASTER:
            self._cluster.kill()
            self._cluster.start()
        elif role == BACKEND:
            self._cluster.kill_backend(self._random.choice)
        elif role == MASTER:
            orphans = self._server.kill_master()
            # The orphans may still be at work when the new server starts: both are on the books.
            self._server = Server(self._shop.environment, self._workers)
        else:
            kill(self._random.choice(pids))
        customers.wait_for(1)
        self._came.longest_outage_s = max(self._came.longest_outage_s, time.monotonic() - started)
        if role == MASTER:
            wait_for_end(orphans)
            self._came.longest_orphan_s = max(self._came.longest_orphan_s, time.monotonic() - started)

    def _victims(self) -> tuple[str, list[int]]:
        by_role: dict[str, list[int]] = {}
        for pid, role in self._server.processes().items():
            by_role.setdefault(role, []).append(pid)
        if self._cluster:
            by_role |= {POSTMASTER: [], BACKEND: []}
        role = self._random.choice(sorted(by_role))
        return role, by_role[role]


def main() -> None:
    """Kill, check and print."""
    asked = options(__doc__, rounds=100)
    came = slaughter(asked.database, asked.rounds, seed=asked.seed)
    killed = ", ".join(f"{count} × {role}" for role, count in came.killed.most_common())
    again = sum(len(receipt.told) > 1 for receipt in came.receipts)
    facts = [
        f"{asked.database}: {came.killed.total()} kills ({killed})",
        f"{len(came.receipts)} debits asked for, {again} of them more than once",
        f"longest time without a settled debit {came.longest_outage_s:.1f} s,"
        f" orphans gone after {came.longest_orphan_s:.1f} s at most",
    ]
    conclude(facts, came.statuses, came.findings)


if __name__ == "__main__":
    main()
