"""Reads the books."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.domain.books import tables
from ledger.domain.books.errors import PostingUnknown
from ledger.domain.books.records import AccountKind, AccountRecord, PostingKind, PostingRecord
from ledger.domain.books.rules import natural_balance_cents
from ledger.foundation.paging import Page
from ledger.foundation.text import is_storable
from ledger.storage.transaction import Reader, Row


def account_record(row: Row) -> AccountRecord:
    """Make a record of an account's row."""
    return AccountRecord(row.id, row.code, AccountKind(row.kind), row.normal_side, row.currency)


def accounts_by_id(reader: Reader, account_ids: Sequence[int]) -> dict[int, AccountRecord]:
    """Return the accounts that exist among these ids."""
    return {row.id: account_record(row) for row in tables.select_accounts(reader, account_ids)}


def balance_cents(reader: Reader, account: AccountRecord) -> int:
    """Return an account's balance in its natural sign: cached where it has a floor, summed elsewhere."""
    cached = tables.select_balance(reader, account.id)
    received = cached.balance_cents if cached else tables.sum_received(reader, account.id)
    return natural_balance_cents(account, received)


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


def _record(row: Row) -> PostingRecord:
    values = dict(row._mapping)
    return PostingRecord(**(values | {"kind": PostingKind(row.kind)}))
