"""Reads wallets and what happened on them."""

from __future__ import annotations

from datetime import datetime

from ledger.domain.books import queries as books
from ledger.domain.books.records import PostingRecord
from ledger.domain.devices.queries import terminals
from ledger.domain.wallets import tables
from ledger.domain.wallets.errors import TokenBlocked, TokenNotPaired, WalletUnknown
from ledger.domain.wallets.records import StatementRecord, TransactionRecord, WalletRecord
from ledger.domain.wallets.rules import normalised_token, signed_amount_cents
from ledger.foundation.text import is_storable
from ledger.storage.transaction import Reader, Row


def wallet_by_token(reader: Reader, *, token_id: str) -> WalletRecord:
    """Return the wallet that a token is paired with (S1-02).

    The answer carries the token as the caller wrote it. Refuses with TokenNotPaired and TokenBlocked.
    """
    row = is_storable(token_id) and tables.select_wallet_by_token(reader, normalised_token(token_id))
    if not row:
        raise TokenNotPaired
    *wallet, blocked_at = row
    if blocked_at is not None:
        raise TokenBlocked
    return WalletRecord(*wallet, token_id)


def wallet_by_code(reader: Reader, *, code: str) -> WalletRecord:
    """Return a wallet by its public code (X-09); refuses with WalletUnknown."""
    row = is_storable(code) and tables.select_wallet_by_code(reader, code)
    if not row:
        raise WalletUnknown
    return _with_latest_token(reader, row)


def wallet_by_account(reader: Reader, *, account_id: int) -> WalletRecord:
    """Return the wallet that an account belongs to; refuses with WalletUnknown."""
    row = tables.select_wallet_by_account(reader, account_id)
    if row is None:
        raise WalletUnknown
    return _with_latest_token(reader, row)


def wallet_by_code_or_token(reader: Reader, *, name: str) -> WalletRecord:
    """Return the wallet that a person names by its code or by a token.

    Refuses with TokenBlocked, or with WalletUnknown when it is neither.
    """
    try:
        return wallet_by_code(reader, code=name)
    except WalletUnknown:
        pass
    try:
        return wallet_by_token(reader, token_id=name)
    except TokenNotPaired:
        raise WalletUnknown(f"{name!r} is neither a wallet nor a token that is paired with one.") from None


def wallets(reader: Reader) -> list[WalletRecord]:
    """Return every wallet, oldest first."""
    return [_with_latest_token(reader, row) for row in tables.select_wallets(reader)]


def money_beside(reader: Reader, *, user_prefix: str) -> tuple[int, int]:
    """Return how many wallets of users with other names than these hold money, and how many cents in sum."""
    count, cents = tables.select_money_beside(reader, user_prefix)
    return count, int(cents)


def statement(reader: Reader, *, code: str, before: str | None = None, limit: int = 100) -> StatementRecord:
    """Return a wallet and its transactions at one moment, latest first (X-09).

    At most `limit` of them, going on after the transaction `before`. Refuses with WalletUnknown, and
    with PostingUnknown when there is no such transaction.
    """
    wallet = wallet_by_code(reader, code=code)
    page = books.latest_postings(reader, wallet.account_id, before, limit)
    used = {posting.terminal_id for posting in page.items if posting.terminal_id is not None}
    by_id = {terminal.id: terminal for terminal in terminals(reader, ids=sorted(used))} if used else {}
    seen = tuple(_transaction(posting, wallet, by_id) for posting in page.items)
    return StatementRecord(wallet, seen, page.has_more)


def wallet_balance_cents_at(reader: Reader, *, code: str, moment: datetime) -> int:
    """Return what a wallet held at a moment: all that was recorded before it; refuses with WalletUnknown."""
    wallet = wallet_by_code(reader, code=code)
    account = books.account_by_id(reader, wallet.account_id)
    return books.balance_cents_at(reader, account, moment)


def _transaction(posting: PostingRecord, wallet: WalletRecord, by_id: dict) -> TransactionRecord:
    return TransactionRecord(
        code=posting.code,
        amount_cents=signed_amount_cents(posting, wallet.account_id),
        kind=posting.kind,
        description=posting.description,
        tag=posting.tag,
        terminal=by_id.get(posting.terminal_id),
        recorded_at=posting.recorded_at,
    )


def _with_latest_token(reader: Reader, row: Row) -> WalletRecord:
    token = tables.select_live_token(reader, row.id)
    return _record(row, token and token.as_given)


def _record(row: Row, token_id: str | None) -> WalletRecord:
    return WalletRecord(*row, token_id)
