"""Sums of postings by time; no table of its own.

No index leads by time, because every debit would pay for it: each of these statements looks once at
every posting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import aliased

from ledger.domain.books.records import AccountKind, PostingKind
from ledger.domain.books.tables import Account, AccountBalance, Posting
from ledger.storage.transaction import Reader, Row

_IS_REVERSAL = (Posting.kind == PostingKind.REVERSAL.value).label("is_reversal")


def sum_held_now(reader: Reader, currency: str) -> int:
    """Return the cents that all wallets of a currency hold, from the cached balances."""
    held = select(func.coalesce(func.sum(AccountBalance.balance_cents), 0))
    joined = held.join(Account, Account.id == AccountBalance.account_id)
    return int(reader.scalar(joined.where(Account.currency == currency)))


def select_movements(
    reader: Reader, currency: str, since: datetime | None, before: datetime | None
) -> Sequence[Row]:
    """Return what moved between wallets and each other account, since a moment and before another one.

    A row for each such account, direction and sort: `account`, `is_credit` (into wallets), `is_reversal`,
    `times`, `cents`.
    """
    within = [
        *([Posting.recorded_at >= since] if since else []),
        *([Posting.recorded_at < before] if before else []),
    ]
    rows = [*reader.all(_moved(currency, within, is_credit=True))]
    return [*rows, *reader.all(_moved(currency, within, is_credit=False))]


def _moved(currency: str, within: list[ColumnElement[bool]], *, is_credit: bool) -> Select:
    wallet, other = aliased(Account), aliased(Account)
    ends = (Posting.destination_id, Posting.source_id)
    wallet_end, other_end = ends if is_credit else reversed(ends)
    columns = (other.code.label("account"), _IS_REVERSAL, literal(is_credit).label("is_credit"))
    figures = (func.count().label("times"), func.sum(Posting.amount_cents).label("cents"))
    moved = select(*columns, *figures).join_from(Posting, wallet, wallet.id == wallet_end)
    joined = moved.join(other, other.id == other_end).where(*within, wallet.currency == currency)
    is_wallet = AccountKind.WALLET.value
    return joined.where(wallet.kind == is_wallet, other.kind != is_wallet).group_by(other.code, _IS_REVERSAL)
