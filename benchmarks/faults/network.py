"""A network that drops, delays, doubles and reorders requests; each debit is booked once all the same.

.venv/bin/python -m benchmarks.faults.network [--rounds 3000] [--database sqlite|postgresql]
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from benchmarks.faults.console import conclude, options
from benchmarks.faults.customers import Customers
from benchmarks.faults.proxy import lossy
from benchmarks.faults.receipts import Receipt, findings
from benchmarks.faults.server import serving
from benchmarks.faults.shop import shop_on


@dataclass(frozen=True)
class Weather:
    """What came of it: what became of the requests, what clients were told, and what is wrong now."""

    fates: Counter
    statuses: Counter
    receipts: list[Receipt]
    findings: list[str]


def storm(database: str, debits: int, *, seed: int = 1) -> Weather:
    """Settle so many debits through a lossy network and check the books."""
    with shop_on(database) as (shop, _), serving(shop.environment) as server:
        with (
            lossy(lambda: server.port, seed=seed) as proxy,
            Customers(shop, lambda: proxy.port, seed=seed) as customers,
        ):
            customers.wait_for(debits, timeout_s=max(60, debits))
        server.stop()
        found = findings(shop, customers.receipts, is_honest_network=False)
    return Weather(proxy.fates, customers.statuses, customers.receipts, found)


def main() -> None:
    """Storm, check and print."""
    asked = options(__doc__, rounds=3000)
    came = storm(asked.database, asked.rounds, seed=asked.seed)
    fates = ", ".join(f"{count} × {fate}" for fate, count in came.fates.most_common())
    conclude([f"{asked.database}: {len(came.receipts)} debits; {fates}"], came.statuses, came.findings)


if __name__ == "__main__":
    main()
