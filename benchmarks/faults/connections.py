"""PostgreSQL has no connection left: refused, not broken; and served again as soon as there are some.

.venv/bin/python -m benchmarks.faults.connections [--rounds 5]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psycopg

from benchmarks.faults.console import conclude, options, progress
from benchmarks.faults.customers import Customers
from benchmarks.faults.postgresql import Cluster, running_cluster
from benchmarks.faults.receipts import findings
from benchmarks.faults.server import serving
from benchmarks.faults.shop import furnish

MOST_CONNECTIONS = 20
DEBITS = 30


def exhaust(rounds: int) -> tuple[Counter, list[str]]:
    """Take every connection that there is, so often; returns what clients were told and what is wrong."""
    with running_cluster(f"max_connections = {MOST_CONNECTIONS}") as cluster:
        cluster.execute("CREATE DATABASE books")
        shop = furnish(cluster.url)
        with serving(shop.environment) as server, Customers(shop, lambda: server.port) as customers:
            _exhaust_under_load(customers, cluster, rounds)
        return customers.statuses, findings(shop, customers.receipts)


def _exhaust_under_load(customers: Customers, cluster: Cluster, rounds: int) -> None:
    for number in range(rounds):
        customers.wait_for(DEBITS)
        # The server's own connections die, and others are faster to take their places.
        with _taken(cluster):
            customers.wait_for_refusals(DEBITS)
        customers.wait_for(DEBITS)
        progress(f"{number + 1} of {rounds} times exhausted, {customers.settled} debits settled")


@contextmanager
def _taken(cluster: Cluster) -> Iterator[None]:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'books'"
    with ExitStack() as taken:
        admin = _connect(taken, cluster)
        while admin.execute(end).fetchall():
            _take_all(taken, cluster)
        yield


def _take_all(taken: ExitStack, cluster: Cluster) -> None:
    with suppress(psycopg.OperationalError):
        while True:
            _connect(taken, cluster)


def _connect(taken: ExitStack, cluster: Cluster) -> psycopg.Connection:
    return taken.enter_context(psycopg.connect(cluster.conninfo, dbname="postgres", autocommit=True))


def main() -> None:
    """Exhaust, check and print."""
    asked = options(__doc__, rounds=5)
    statuses, found = exhaust(asked.rounds)
    conclude([f"{asked.rounds} times without a connection left"], statuses, found)


if __name__ == "__main__":
    main()
