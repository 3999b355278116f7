"""Opens accounts and posts money; called by the features' commands inside their transaction."""

from __future__ import annotations

from functools import partial

from ledger.domain.books import holds, tables
from ledger.domain.books.errors import AlreadyReversed
from ledger.domain.books.queries import account_record, accounts_to_post
from ledger.domain.books.queries import reversal_of as reversal_of_posting
from ledger.domain.books.records import AccountKind, AccountRecord, Booking, Entry, HoldRecord, PostingRecord
from ledger.domain.books.rules import (
    NORMAL_SIDES,
    capture_of,
    keeps_balance,
    require_capturable,
    reversal_of,
)
from ledger.storage.transaction import Transaction


def open_account(
    tx: Transaction, kind: AccountKind, owner: str, currency: str, floor_cents: int = 0
) -> AccountRecord:
    """Open the account `kind:owner`, or return it when it is open already.

    `floor_cents` (0 or negative) is the lowest balance that a wallet's account may reach; all other
    accounts have no floor, and their balance is always summed.
    """
    code = f"{kind}:{owner}"
    account_id = tables.insert_account(
        tx, code=code, kind=kind.value, normal_side=NORMAL_SIDES[kind], currency=currency
    )
    if account_id is not None and keeps_balance(kind):
        tables.insert_balance(tx, account_id, floor_cents)
    return account_record(tables.select_account(tx, code))


def post(tx: Transaction, entry: Entry) -> Booking:
    """Move `amount_cents` (integer, > 0) from the source account to the destination account.

    Keeps W1 and W3 of DOMAIN.md: cached balances change in the same commit under their row lock, in
    the order of the account ids. Refuses with InvalidAmount, InvalidPosting, FloorReached (carries
    the source's `balance_cents`; what is held of it cannot be moved) and AlreadyReversed; nothing is
    posted then.
    """
    accounts = accounts_to_post(tx, entry)
    if entry.reverses_id is not None and reversal_while_held(tx, entry.reverses_id):
        raise AlreadyReversed
    balances_cents = _change_balances(tx, entry, accounts)
    values = {**vars(entry), "kind": entry.kind.value, "code": tx.ids.code("txn", tx.now)}
    values |= {"command_id": tx.command_id, "recorded_at": tx.now}
    posting = PostingRecord(id=tables.insert_posting(tx, **values), **(values | {"kind": entry.kind}))
    return Booking(posting, balances_cents)


def reverse(
    tx: Transaction, posting: PostingRecord, description: str, terminal_id: int | None
) -> Booking:
    """Move a posting's money back by a new posting that names it.

    A posting is reversed at most once. Refuses with AlreadyReversed, NotReversible (the posting is
    itself a reversal) and FloorReached (the money is no longer there).
    """
    return post(tx, reversal_of(posting, description, terminal_id))


def capture(tx: Transaction, hold: HoldRecord, amount_cents: int) -> PostingRecord:
    """Post an amount (cents, up to all) of a hold whose row `tx` has locked; what is left of it is free.

    Refuses with HoldExpired, HoldClosed, InvalidAmount and CaptureExceedsHold; nothing is posted then.
    """
    require_capturable(hold, amount_cents, tx.now)
    holds.free(tx, hold)
    posting = post(tx, capture_of(hold, amount_cents)).posting
    holds.close_captured(tx, hold, posting)
    return posting


def reversal_while_held(tx: Transaction, posting_id: int) -> PostingRecord | None:
    """Return the posting that reversed another one; nobody else reverses that one until `tx` ends.

    Its row is locked before the balances are: of two reversals at the same moment the second waits
    here and then finds the first.
    """
    tables.lock_posting(tx, posting_id)
    return reversal_of_posting(tx, posting_id)


def _change_balances(tx: Transaction, entry: Entry, accounts: dict[int, AccountRecord]) -> dict[int, int]:
    changes = {entry.source_id: -entry.amount_cents, entry.destination_id: entry.amount_cents}
    # One fixed order for all: two postings between the same two accounts cannot wait for each other.
    balances_cents = {}
    for account_id, by_cents in sorted(changes.items()):
        if keeps_balance(accounts[account_id].kind):
            change = partial(tables.change_balance, tx, account_id, by_cents)
            balances_cents[account_id] = holds.change_above_floor(tx, account_id, change)
    return balances_cents
