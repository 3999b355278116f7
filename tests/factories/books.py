"""Opens accounts and posts to them directly, as a feature's commands do inside their transaction."""

from __future__ import annotations

from datetime import timedelta

from ledger.domain.books import commands, holds
from ledger.domain.books.queries import balance_cents as balance_of_account
from ledger.domain.books.queries import posting as posting_by_code
from ledger.domain.books.records import (
    AccountKind,
    AccountRecord,
    Entry,
    HoldRecord,
    PostingKind,
    PostingRecord,
)
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from ledger.storage.command import command
from ledger.storage.transaction import Transaction


@command("tests.open_account", answers=AccountRecord)
def _open(tx: Transaction, **arguments: object) -> AccountRecord:
    return commands.open_account(tx, **arguments)


@command("tests.post", answers=PostingRecord)
def _post(tx: Transaction, *, entry: Entry) -> PostingRecord:
    # W4 wants a movement to be told of by the command that makes it.
    tx.record("wallet.debited")
    return commands.post(tx, entry).posting


@command("tests.reverse", answers=PostingRecord)
def _reverse(tx: Transaction, *, code: str) -> PostingRecord:
    tx.record("transaction.reversed")
    return commands.reverse(tx, posting_by_code(tx, code), "Back again", terminal_id=None).posting


@command("tests.reserve", answers=HoldRecord)
def _reserve(tx: Transaction, *, entry: Entry, lifetime_s: int) -> HoldRecord:
    return holds.reserve(tx, entry, tx.now + timedelta(seconds=lifetime_s))


@command("tests.capture", answers=PostingRecord)
def _capture(tx: Transaction, *, code: str, amount_cents: int) -> PostingRecord:
    tx.record("hold.captured")
    return commands.capture(tx, holds.locked_hold(tx, code), amount_cents)


@command("tests.release", answers=HoldRecord)
def _release(tx: Transaction, *, code: str) -> HoldRecord:
    hold = holds.locked_hold(tx, code)
    holds.release(tx, hold)
    return holds.locked_hold(tx, code)


def open_account(
    ledger: Ledger, kind: AccountKind, owner: str, *, currency: str = "EUR", floor_cents: int = 0
) -> AccountRecord:
    """Open an account."""
    arguments = {"kind": kind, "owner": owner, "currency": currency, "floor_cents": floor_cents}
    return ledger.run(_open, actor=operator_on_this_machine(), **arguments).answer


def post(
    ledger: Ledger, source: AccountRecord, destination: AccountRecord, amount_cents: int
) -> PostingRecord:
    """Move money from one account to another."""
    entry = Entry(source.id, destination.id, amount_cents, PostingKind.DEBIT, "Moved")
    return ledger.run(_post, actor=operator_on_this_machine(), entry=entry).answer


def reverse(ledger: Ledger, code: str) -> PostingRecord:
    """Move a posting's money back."""
    return ledger.run(_reverse, actor=operator_on_this_machine(), code=code).answer


def reserve(
    ledger: Ledger, source: AccountRecord, destination: AccountRecord, amount_cents: int, lifetime_s: int
) -> HoldRecord:
    """Set money of one account aside for another."""
    entry = Entry(source.id, destination.id, amount_cents, PostingKind.DEBIT, "Held")
    return ledger.run(_reserve, actor=operator_on_this_machine(), entry=entry, lifetime_s=lifetime_s).answer


def capture(ledger: Ledger, code: str, amount_cents: int) -> PostingRecord:
    """Post a part of a hold, or all of it."""
    asked = {"code": code, "amount_cents": amount_cents}
    return ledger.run(_capture, actor=operator_on_this_machine(), **asked).answer


def release(ledger: Ledger, code: str) -> HoldRecord:
    """Free an open hold."""
    return ledger.run(_release, actor=operator_on_this_machine(), code=code).answer


def account_balance_cents(ledger: Ledger, account: AccountRecord) -> int:
    """Return an account's balance as people read it."""
    return ledger.read(balance_of_account, account=account)
