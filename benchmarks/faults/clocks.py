"""The server's clock jumps back an hour under load, and forward again: order, tokens and codes stand it.

.venv/bin/python -m benchmarks.faults.clocks [--rounds 3] [--database sqlite|postgresql]
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.faults.asking import ask
from benchmarks.faults.console import conclude, options, progress
from benchmarks.faults.customers import Customers
from benchmarks.faults.receipts import findings, read_books
from benchmarks.faults.server import Server, serving, twisted
from benchmarks.faults.shop import SECRET_KEY, Shop, opened, shop_on
from ledger.domain.access import tokens
from ledger.domain.access.commands import add_operator
from ledger.domain.access.records import Role
from ledger.domain.wallets.pairing import issue_pairing_code, open_wallet
from ledger.foundation.actor import operator_on_this_machine

DEBITS = 30
HOUR_S = 3600
LIFETIME = timedelta(minutes=15)
_NEW_TOKEN = "04FFFFFFFFFFF{number}"


@dataclass(frozen=True)
class Issued:
    """What was issued before the clock jumped: an operator's token, and codes that wallets wait with."""

    token: str
    pairing_codes: list[str]


def jump(database: str, rounds: int) -> tuple[Counter, list[str]]:
    """Let the clock jump so often; returns what clients were told and what is wrong."""
    found: list[str] = []
    with shop_on(database) as (shop, _), tempfile.TemporaryDirectory(prefix="faults-") as folder:
        issued, hand = _issue(shop), Path(folder, "clock")
        _set(hand, 0)
        environment = twisted(shop.environment, FAULTS_CLOCK=str(hand))
        with serving(environment) as server:
            with Customers(shop, lambda: server.port) as customers:
                _jump_under_load(customers, hand, rounds)
            found += _wrong_statements(shop, server)
            found += _wrong_credentials(issued, shop, server, hand)
        found += findings(shop, customers.receipts)
    return customers.statuses, found


def _jump_under_load(customers: Customers, hand: Path, rounds: int) -> None:
    for number in range(rounds):
        for by_s in (-HOUR_S, 0):
            customers.wait_for(DEBITS)
            _set(hand, by_s)
        customers.wait_for(DEBITS)
        progress(f"{number + 1} of {rounds} jumps, {customers.settled} debits settled")


def _set(hand: Path, by_s: int) -> None:
    # Put there whole: somebody reads it at every moment.
    beside = hand.with_suffix(".new")
    beside.write_text(str(by_s))
    beside.rename(hand)


def _issue(shop: Shop) -> Issued:
    actor = operator_on_this_machine()
    with opened(shop.url) as ledger:
        ledger.run(add_operator, actor=actor, username="ada", role=Role.ADMIN)
        codes = []
        for _ in range(2):
            wallet = ledger.run(open_wallet, actor=actor, currency="EUR").answer
            codes.append(ledger.run(issue_pairing_code, actor=actor, wallet_code=wallet.code).answer)
        token = tokens.issue("ada", SECRET_KEY, ledger.clock, LIFETIME)
    return Issued(token, [code.pairing_code for code in codes])


def _wrong_statements(shop: Shop, server: Server) -> list[str]:
    """A wallet's statement is told in the order in which it was booked, whatever the clock said."""
    booked, _ = read_books(shop)
    found = []
    for code in shop.wallets.values():
        order = [debit.key for debit in booked if debit.account == f"wallet:{code}"]
        _, body = ask(server.port, "GET", f"/pos/wallets/{code}?limit=500", shop.api_token)
        told = [transaction["description"] for transaction in body["data"]["transactions"]]
        if [key for key in reversed(told) if key in order] != order[-len(told) :]:
            found.append(f"the statement of {code} is not in the order of its bookings")
    return found


def _wrong_credentials(issued: Issued, shop: Shop, server: Server, hand: Path) -> list[str]:
    """An hour back nothing has expired before its time; forward again, all has that should have."""
    found = []
    for number, (by_s, is_valid) in enumerate([(-HOUR_S, True), (HOUR_S, False)]):
        _set(hand, by_s)
        body = {"id": f"clock_{number}", "products": [], "friendly_name": "Clock", "permission": "debit"}
        status, _ = ask(server.port, "POST", "/pos/terminals", issued.token, body)
        if (status != 401) != is_valid:
            found.append(f"an operator's token was answered {status} with the clock {by_s} s off")
        path = f"/pos/wallets/token/{_NEW_TOKEN.format(number=number)}"
        code = {"pairing_code": issued.pairing_codes[number]}
        status, _ = ask(server.port, "PUT", path, shop.api_token, code)
        if (status == 200) != is_valid:
            found.append(f"a pairing code was answered {status} with the clock {by_s} s off")
    return found


def main() -> None:
    """Jump, check and print."""
    asked = options(__doc__, rounds=3)
    statuses, found = jump(asked.database, asked.rounds)
    facts = [f"{asked.database}: {asked.rounds} jumps of the clock, back an hour and forward"]
    conclude(facts, statuses, found)


if __name__ == "__main__":
    main()
