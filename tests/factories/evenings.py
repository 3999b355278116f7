"""Plays an evening after which every table has rows, some of which point to later ones."""

from __future__ import annotations

from ledger.domain.access.commands import add_operator
from ledger.domain.access.records import Role
from ledger.domain.access.signing_in import set_up, visitor
from ledger.domain.catalog.commands import pair_terminal
from ledger.domain.devices.offline import grant_offline
from ledger.domain.devices.pairing import offer_pairing, unpaired_device
from ledger.domain.devices.records import OfflineAllowanceRecord
from ledger.domain.holds.commands import capture, reserve
from ledger.domain.wallets.commands import debit, purchase, reverse_key, top_up
from ledger.domain.wallets.pairing import block_token, issue_pairing_code, replace_token
from ledger.foundation.actor import operator_on_this_machine
from ledger.jobs.sealing import seal_history
from ledger.service import Ledger
from tests.factories.firmware import published
from tests.factories.terminals import Installed, install
from tests.factories.wallets import open_wallet

TOKEN = "04A2246B7E1190"
KEYS = ("morning", "noon", "evening")


def play_evening(ledger: Ledger) -> Installed:
    """Fill a fresh ledger; returns its terminal, whose KEYS have each booked one debit on TOKEN's wallet."""
    terminal = install(ledger, key="installed")
    anna = open_wallet(ledger, token_id=TOKEN, balance_cents=5_000, user_name="Änne 🔑")
    bert = open_wallet(ledger, token_id="lost", balance_cents=700, overdraft_limit_cents=300)
    for number, key in enumerate(KEYS, start=1):
        _at(terminal, ledger, debit, key, amount_cents=100 * number, tag="%s 'x'\n")
    _at(terminal, ledger, purchase, "coffee", products=["espresso", "cappuccino"])
    _at(terminal, ledger, top_up, "coins", amount_cents=250, coins=[{"denomination": 50, "count": 5}])
    ledger.run(reverse_key, actor=terminal.actor, reversed_key=KEYS[0], description="Back")
    ledger.run(reverse_key, actor=terminal.actor, reversed_key="never used", description="Back")
    held = ledger.run(
        reserve, actor=terminal.actor, token_id=TOKEN, amount_cents=300, description="A vend"
    ).answer
    ledger.run(capture, actor=terminal.actor, hold_code=held.hold.code, amount_cents=200)
    _at(terminal, ledger, reserve, "held", amount_cents=40)
    published(ledger)
    published(ledger, "1.1.0", only_terminal=terminal.record.slug)
    list(seal_history(ledger, actor=operator_on_this_machine()))
    _by_hand(ledger, replace_token, wallet_code=bert.code, new_token_id="found")
    _by_hand(ledger, replace_token, wallet_code=bert.code, new_token_id="and again")
    _by_hand(ledger, block_token, token_id="and again")
    _by_hand(ledger, issue_pairing_code, wallet_code=anna.code)
    allowance = OfflineAllowanceRecord(200, 1000, 10, 48)
    _by_hand(ledger, grant_offline, slug=terminal.record.slug, allowance=allowance)
    waiting = ledger.run(offer_pairing, actor=unpaired_device(), install_id="a1b2c3d4").answer
    _by_hand(ledger, pair_terminal, code=waiting.code, slug=terminal.record.slug)
    ledger.run(offer_pairing, actor=unpaired_device(), install_id="b1b2c3d4")
    _by_hand(ledger, add_operator, username="ada", role=Role.ADMIN)
    ledger.run(set_up, actor=visitor(), username="grace", password_hash="of a password")
    return terminal


def pay(ledger: Ledger, terminal: Installed, key: str, amount_cents: int = 1, **label: str) -> None:
    """Book one more debit on TOKEN's wallet."""
    _at(terminal, ledger, debit, key, amount_cents=amount_cents, **label)


def _at(terminal: Installed, ledger: Ledger, command: object, key: str, **arguments: object) -> None:
    asked = {"token_id": TOKEN, "description": "Kaffee ☕"}
    ledger.run(command, actor=terminal.actor, key=key, **(asked | arguments))


def _by_hand(ledger: Ledger, command: object, **arguments: object) -> None:
    ledger.run(command, actor=operator_on_this_machine(), **arguments)
