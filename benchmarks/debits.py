"""What a durable debit costs beside a bare Flask JSON route, as ratios in one run.

.venv/bin/python -m benchmarks.debits [--database sqlite|postgresql] [--seconds 5] [--rounds 3]

Each round measures the bare route, debits of many wallets and of one hot wallet at 32 connections, debits
at 4 connections, and batches of 500. The load generator shares the machine with what it measures.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from benchmarks.faults.postgresql import running_cluster
from benchmarks.load import Measured, Request, load
from benchmarks.servers import bare_server, ledger_server, memory_kib
from ledger.domain.audit.queries import audit
from ledger.domain.catalog.commands import install_terminal
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade

WALLETS = 200
FLOAT_CENTS = 10_000_000
CONNECTIONS = 32
FEW_CONNECTIONS = 4
BATCH = 500
WARM_UP_S = 2
SECRET_KEY = "a key that only this benchmark signs with, and nobody else"


@dataclass(frozen=True)
class Scene:
    """One way to load the server: `postings` of them come with each request."""

    name: str
    connections: int
    request: Request
    postings: int = 1


def main() -> None:
    """Measure, audit and print."""
    options = _options()
    with _books(options.database) as url:
        os.environ |= {"TAPLEDGER_DATABASE_URL": url, "TAPLEDGER_SECRET_KEY": SECRET_KEY}
        ledger, token = _furnish()
        rounds = [_round(options, token, number) for number in range(options.rounds)]
        is_whole = all(proof.holds for proof in ledger.read(audit))
        ledger.database.close()
    _print_ratios(rounds)
    print("the books are whole" if is_whole else "THE BOOKS DO NOT HOLD")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


@contextmanager
def _books(database: str) -> Iterator[str]:
    if database == "postgresql":
        with running_cluster() as cluster:
            cluster.execute("CREATE DATABASE books")
            yield cluster.url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/books.db"


def _furnish() -> tuple[Ledger, str]:
    settings = Settings.from_environment()
    database = open_database(settings.database_url)
    upgrade(database.engine)
    ledger, actor = Ledger(database, settings), operator_on_this_machine()
    details = {"slug": "bench", "friendly_name": "Bench", "permission": TerminalPermission.DEBIT}
    terminal = ledger.run(install_terminal, actor=actor, currency="EUR", **details).answer
    for number in range(WALLETS):
        wallet = ledger.run(open_wallet, actor=actor, currency="EUR", token_id=_token_id(number)).answer
        credit = {"wallet_code": wallet.code, "amount_cents": FLOAT_CENTS, "description": "float"}
        ledger.run(top_up_by_hand, actor=actor, **credit)
    return ledger, terminal.api_token


def _token_id(number: int) -> str:
    return f"04{number % WALLETS:012X}"


def _scenes(round_number: int) -> list[Scene]:
    def debit_of(name: str, wallets: int) -> Request:
        def debit(connection: int, count: int) -> tuple[str, dict]:
            path = f"/pos/wallets/token/{_token_id((connection * 7 + count) % wallets)}/transactions"
            return path, _debit(f"{name}-{round_number}-{connection}-{count}")

        return debit

    def batch(connection: int, count: int) -> tuple[str, dict]:
        keys = (f"batch-{round_number}-{connection}-{count}-{number}" for number in range(BATCH))
        return "/pos/batches", {
            "transactions": [
                {"token_id": _token_id(number), **_debit(key)} for number, key in enumerate(keys)
            ]
        }

    return [
        Scene("debit", CONNECTIONS, debit_of("debit", WALLETS)),
        Scene("one hot wallet", CONNECTIONS, debit_of("hot", 1)),
        Scene("few connections", FEW_CONNECTIONS, debit_of("few", WALLETS)),
        Scene("batches", 2, batch, postings=BATCH),
    ]


def _debit(key: str) -> dict:
    return {"amount": -1, "description": "Kaffee", "tag": "coffee", "idempotency_key": key}


def _round(options: argparse.Namespace, token: str, round_number: int) -> dict[str, float]:
    scenes = _scenes(round_number)
    # What is measured is a server at work, not the first seconds of one that still loads its modules.
    warm_up = {"connections": CONNECTIONS, "seconds": WARM_UP_S}
    with bare_server(options.workers) as (port, _):
        load(port, scenes[0].request, **warm_up)
        bare = load(port, scenes[0].request, connections=CONNECTIONS, seconds=options.seconds)
    _print("bare route", bare, bare.per_second)
    ratios = {}
    with ledger_server(options.workers) as (port, pid):
        load(port, _scenes(round_number + 1000)[0].request, **warm_up, token=token)
        for scene in scenes:
            measured = load(
                port, scene.request, connections=scene.connections, seconds=options.seconds, token=token
            )
            per_second = measured.per_second * scene.postings
            _print(scene.name, measured, per_second)
            ratios[scene.name] = per_second / bare.per_second
        print(f"{'memory':>15}  {memory_kib(pid) / 1024:.0f} MiB in all processes of the server")
    return ratios


def _print(name: str, measured: Measured, per_second: float) -> None:
    statuses = Counter(measured.statuses)
    told = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    times = f"p50 {measured.percentile_ms(0.5):.1f} ms, p99 {measured.percentile_ms(0.99):.1f} ms"
    print(f"{name:>15}  {per_second:7.0f}/s  {times}  ({told})", flush=True)


def _print_ratios(rounds: list[dict[str, float]]) -> None:
    ratios = {name: median(measured[name] for measured in rounds) for name in rounds[0]}
    print(f"a durable debit is {ratios['debit']:.3f} of a bare route (median of {len(rounds)} rounds)")
    print(f"one hot wallet has {ratios['one hot wallet'] / ratios['debit']:.2f} of the rate of many")
    print(f"a posting in a batch is {ratios['batches'] / ratios['debit']:.1f} times as fast as alone")


if __name__ == "__main__":
    main()
