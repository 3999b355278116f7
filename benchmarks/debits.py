"""Durable debits through HTTP against a bare Flask JSON route, in one run, as a ratio.

.venv/bin/python -m benchmarks.debits [--connections 32] [--seconds 5] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from statistics import median

from benchmarks.load import Measured, load
from benchmarks.servers import bare_server, ledger_server
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


def main() -> None:
    """Measure, audit and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TAPLEDGER_DATABASE_URL"] = f"sqlite:///{folder}/books.db"
        ledger, token = _furnish()
        rounds = [_round(options, token, number) for number in range(options.rounds)]
        proofs = ledger.read(audit)
        ledger.database.close()
    _print(rounds, all(proof.holds for proof in proofs))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


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


def _round(options: argparse.Namespace, token: str, round_number: int) -> tuple[Measured, Measured]:
    def debit(connection: int, count: int) -> tuple[str, dict]:
        path = f"/pos/wallets/token/{_token_id(connection * 7 + count)}/transactions"
        key = f"{round_number}-{connection}-{count}"
        return path, {"amount": -1, "description": "Kaffee", "tag": "coffee", "idempotency_key": key}

    with bare_server(options.workers) as port:
        bare = load(port, debit, connections=options.connections, seconds=options.seconds)
    with ledger_server(options.workers) as port:
        debits = load(port, debit, connections=options.connections, seconds=options.seconds, token=token)
    return bare, debits


def _print(rounds: list[tuple[Measured, Measured]], is_whole: bool) -> None:
    for bare, debits in rounds:
        for name, measured in (("bare route", bare), ("debit", debits)):
            statuses = ", ".join(f"{count} × {status}" for status, count in sorted(measured.statuses.items()))
            times = f"p50 {measured.percentile_ms(0.5):.1f} ms, p99 {measured.percentile_ms(0.99):.1f} ms"
            print(f"{name:>10}  {measured.per_second:7.0f}/s  {times}  ({statuses})")
        print(f"{'ratio':>10}  {debits.per_second / bare.per_second:.3f}")
    ratio = median(debits.per_second / bare.per_second for bare, debits in rounds)
    print(f"median ratio of a durable debit to a bare route: {ratio:.3f}")
    print("the books are whole" if is_whole else "THE BOOKS DO NOT HOLD")


if __name__ == "__main__":
    main()
