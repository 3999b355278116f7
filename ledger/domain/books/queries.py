"""Reads the books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ledger.domain.books import tables
from ledger.domain.books.errors import InvalidPosting, PostingUnknown
from ledger.domain.books.records import AccountKind, AccountRecord, Entry, PostingKind, PostingRecord
from ledger.domain.books.rules import natural_balance_cents, require_postable
from ledger.foundation.paging import Page
from ledger.foundation.text import is_storable
from ledger.storage.database import Database
from ledger.storage.settled import settled_id
from ledger.storage.transaction import Reader, Row


def account_record(row: Row) -> AccountRecord:
    """Make a record of an account's row."""
    return AccountRecord(row.id, row.code, AccountKind(row.kind), row.normal_side, row.currency)


def account_by_id(reader: Reader, account_id: int) -> AccountRecord:
    """Return an account that exists."""
    return account_record(tables.select_account_by_id(reader, account_id))


def account_of(reader: Reader, kind: AccountKind, owner: str) -> AccountRecord | None:
    """Return the account `kind:owner`; None when it was never opened."""
    row = tables.select_account(reader, f"{kind}:{owner}")
    return row and account_record(row)


def _accounts_of(reader: Reader, entry: Entry) -> dict[int, AccountRecord]:
    """Return those of an entry's two accounts that exist, by id."""
    rows = [tables.select_account_by_id(reader, each) for each in (entry.source_id, entry.destination_id)]
    return {row.id: account_record(row) for row in rows if row is not None}


def accounts_to_post(reader: Reader, entry: Entry) -> dict[int, AccountRecord]:
    """Return the two accounts of an entry; refuses with InvalidAmount or InvalidPosting."""
    accounts = _accounts_of(reader, entry)
    if len(accounts) != 2:
        raise InvalidPosting
    require_postable(entry, accounts[entry.source_id], accounts[entry.destination_id])
    return accounts


def balance_cents(reader: Reader, account: AccountRecord) -> int:
    """Return an account's balance in its natural sign: cached where it has a floor, summed elsewhere."""
    cached = tables.select_balance(reader, account.id)
    received = cached.balance_cents if cached else tables.sum_received(reader, account.id)
    return natural_balance_cents(account, received)


def balance_cents_at(reader: Reader, account: AccountRecord, moment: datetime) -> int:
    """Return the balance that an account had at a moment: what was recorded before it, in its natural sign.

    It is summed from the account's postings, so it costs as much as there are of them, and nothing for
    all the others.
    """
    return natural_balance_cents(account, tables.sum_received(reader, account.id, moment))


def money_held(reader: Reader) -> dict[str, int]:
    """Return in cents what all wallets hold together, for each currency."""
    return {row.currency: int(row.held_cents) for row in tables.sum_balances(reader)}


def posting(reader: Reader, code: str) -> PostingRecord:
    """Return a posting by its public code; refuses with PostingUnknown."""
    row = is_storable(code) and tables.select_posting(reader, code)
    if not row:
        raise PostingUnknown
    return _record(row)


def postings_of_command(reader: Reader, command_id: int) -> Sequence[PostingRecord]:
    """Return what one command posted."""
    return [_record(row) for row in tables.select_postings_of_command(reader, command_id)]


def reversal_of(reader: Reader, posting_id: int) -> PostingRecord | None:
    """Return the posting that reversed another one."""
    row = tables.select_reversal(reader, posting_id)
    return row and _record(row)


def latest_postings(reader: Reader, account_id: int, before: str | None, limit: int) -> Page[PostingRecord]:
    """Return an account's postings, latest first, going on after the posting with the code `before`.

    Refuses with PostingUnknown when there is no such posting.
    """
    before_id = None if before is None else posting(reader, before).id
    rows = tables.select_latest_postings(reader, account_id, before_id, limit + 1)
    return Page.of([_record(row) for row in rows], limit)


def settled_posting_id(database: Database) -> int | None:
    """Return the id up to which no posting can appear any more, or None when there is none yet.

    It reads more than one state of the books, so it is asked outside of a query. Refuses with
    HistoryUnsettled.
    """
    return settled_id(database, tables.Posting)


def _record(row: Row) -> PostingRecord:
    return PostingRecord(**(row._asdict() | {"kind": PostingKind(row.kind)}))
