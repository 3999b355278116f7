"""Tables of the books: accounts, postings, cached balances; and every statement on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    func,
    insert,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from ledger.storage.bulk import Bulk, columns_of
from ledger.storage.columns import Base
from ledger.storage.prepared import Prepared
from ledger.storage.tables import insert_if_absent_of, insert_of
from ledger.storage.transaction import Reader, Row, Transaction


class Account(Base):
    """A place where money is. Its balance is what came in less what went out."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("normal_side IN ('debit', 'credit')", name="normal_side"),
        CheckConstraint("kind IN ('wallet', 'terminal_sales', 'cash_box', 'till')", name="kind"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(96), unique=True)
    kind: Mapped[str] = mapped_column(String(24))
    normal_side: Mapped[str] = mapped_column(String(6))
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime]


class AccountBalance(Base):
    """The cached balance of an account that has a floor; no other account has such a row.

    The floor is kept beside the balance, so that the database itself can refuse to pass it (W3). What open
    holds have set aside counts as gone, until they are captured or freed.
    """

    __tablename__ = "account_balances"
    __table_args__ = (
        CheckConstraint("held_cents >= 0", name="held_not_negative"),
        CheckConstraint("balance_cents - held_cents >= floor_cents", name="floor"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    balance_cents: Mapped[int] = mapped_column(BigInteger)
    floor_cents: Mapped[int] = mapped_column(BigInteger)
    held_cents: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Posting(Base):
    """One movement of money. Never updated, never deleted: triggers refuse it (see the migrations).

    History is sealed in blocks by a table of its own that covers ranges of `id` (see `domain/seals`); a
    posting needs no column for it.
    """

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("source_id <> destination_id", name="two_accounts"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal_names_posting"),
        CheckConstraint("kind IN ('sale', 'debit', 'top_up', 'reversal')", name="kind"),
        Index("ix_postings_source_id_id", "source_id", "id"),
        Index("ix_postings_destination_id_id", "destination_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(16))
    description: Mapped[str] = mapped_column(String(255))
    tag: Mapped[str | None] = mapped_column(String(64))
    terminal_id: Mapped[int | None] = mapped_column(ForeignKey("terminals.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("postings.id"), unique=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("audit_log.id"), index=True)
    recorded_at: Mapped[datetime]


class AccountRow(NamedTuple):
    """An account as it is read."""

    id: int
    code: str
    kind: str
    normal_side: str
    currency: str


class BalanceRow(NamedTuple):
    """A cached balance as it is read."""

    balance_cents: int
    floor_cents: int
    held_cents: int


ACCOUNT_COLUMNS = (Account.id, Account.code, Account.kind, Account.normal_side, Account.currency)
BALANCE_COLUMNS = (AccountBalance.balance_cents, AccountBalance.floor_cents, AccountBalance.held_cents)
POSTING_COLUMNS = tuple(Posting.__table__.columns)


_INSERT_ACCOUNT = insert_if_absent_of(Account)
_ACCOUNT = Prepared(select(*ACCOUNT_COLUMNS).where(Account.id == bindparam("account_id")), is_steady=True)
_BY_CENTS = bindparam("by_cents", type_=BigInteger)
_CHANGE_BALANCE = Prepared(
    update(AccountBalance)
    .where(
        AccountBalance.account_id == bindparam("of_account_id"),
        AccountBalance.balance_cents - AccountBalance.held_cents + _BY_CENTS >= AccountBalance.floor_cents,
    )
    .values(balance_cents=AccountBalance.balance_cents + _BY_CENTS)
    .returning(AccountBalance.balance_cents)
)
_SET_BALANCE = Bulk(AccountBalance, ("balance_cents",), key="account_id")
_INSERT_POSTING = insert_of(Posting)
_APPEND_POSTING = Bulk(Posting, columns_of(Posting))
# Below and above every id.
_NO_ID, _LAST_ID = 0, 2**63 - 1
_OF_ACCOUNT_ID = bindparam("of_account_id", type_=BigInteger)
_BEFORE_ID = bindparam("before_id", type_=BigInteger)
_AT_MOST = bindparam("at_most", type_=BigInteger)


def _latest_on(side: InstrumentedAttribute[int], dialect_name: str) -> Select:
    within = [side == _OF_ACCOUNT_ID, Posting.id < _BEFORE_ID]
    if dialect_name == "postgresql":
        # As pairs, because only the side's own index has their order: for an account that is asked for as
        # equal, the planner may walk all postings backwards until it has found a page of them.
        pair = tuple_(side, Posting.id)
        within = [pair < tuple_(_OF_ACCOUNT_ID, _BEFORE_ID), pair > tuple_(_OF_ACCOUNT_ID, _NO_ID)]
    latest = select(*POSTING_COLUMNS).where(*within).order_by(side.desc(), Posting.id.desc())
    return select(latest.limit(_AT_MOST).subquery())


def _latest_on_both_sides(dialect_name: str) -> Select:
    # One condition for both sides would sort all that ever happened on the account.
    sides = (_latest_on(side, dialect_name) for side in (Posting.source_id, Posting.destination_id))
    both = union_all(*sides).subquery()
    return select(both).order_by(both.c.id.desc()).limit(_AT_MOST)


_LATEST_POSTINGS = Prepared(_latest_on_both_sides)


def insert_account(tx: Transaction, **values: object) -> int | None:
    """Insert an account and return its id, or None when its code exists."""
    return tx.scalar(_INSERT_ACCOUNT, created_at=tx.now, **values)


def insert_balance(tx: Transaction, account_id: int, floor_cents: int) -> None:
    """Give an account a floor and with it a cached balance."""
    tx.execute(insert(AccountBalance).values(account_id=account_id, balance_cents=0, floor_cents=floor_cents))


def select_account(reader: Reader, code: str) -> Row | None:
    """Return an account by its code."""
    return reader.one(select(*ACCOUNT_COLUMNS).where(Account.code == code))


def select_account_by_id(reader: Reader, account_id: int) -> Row | None:
    """Return an account by its id."""
    return reader.one(_ACCOUNT, account_id=account_id)


def foresee_account(reader: Reader, account: AccountRow) -> None:
    """Let a group find an account without asking again."""
    reader.foresee_rows(_ACCOUNT, [account], account_id=account.id)


def foresee_balance(reader: Reader, account_id: int, balance: BalanceRow) -> None:
    """Let a group change a balance in memory, whose row is locked and written at the end."""
    reader.foresee((AccountBalance, account_id), balance)


def change_balance(tx: Transaction, account_id: int, by_cents: int) -> int | None:
    """Add to a cached balance under its row lock and return it; None when the floor forbids it."""
    place = (AccountBalance, account_id)
    now: BalanceRow | None = tx.foreseen(place)
    if now is None:
        return tx.scalar(_CHANGE_BALANCE, of_account_id=account_id, by_cents=by_cents)
    after_cents = now.balance_cents + by_cents
    if after_cents - now.held_cents < now.floor_cents:
        return None
    row = {"balance_cents": after_cents, "of_account_id": account_id}
    tx.change(place, now._replace(balance_cents=after_cents), _SET_BALANCE, **row)
    return after_cents


def select_balance(reader: Reader, account_id: int) -> Row | None:
    """Return the cached balance, the floor and what is held of an account that has them."""
    if (state := reader.foreseen((AccountBalance, account_id))) is not None:
        return state
    return reader.one(select(*BALANCE_COLUMNS).where(AccountBalance.account_id == account_id))


def sum_balances(reader: Reader) -> Sequence[Row]:
    """Return for each currency what the accounts with a cached balance hold together."""
    held = select(Account.currency, func.sum(AccountBalance.balance_cents).label("held_cents"))
    held = held.join(Account, Account.id == AccountBalance.account_id)
    return reader.all(held.group_by(Account.currency))


def insert_posting(tx: Transaction, **values: object) -> int | None:
    """Append a posting and return its id; None where it is written later, with the others of its group.

    The database draws the id while it writes the row, under the lock of the wallet: a wallet's postings
    lie in their order, and no id is drawn long before it can be seen.
    """
    if tx.gathers:
        return tx.append(_APPEND_POSTING, **values)
    return tx.scalar(_INSERT_POSTING, **values)


def select_posting(reader: Reader, code: str) -> Row | None:
    """Return a posting by its public code."""
    return reader.one(select(*POSTING_COLUMNS).where(Posting.code == code))


def select_postings_of_command(reader: Reader, command_id: int) -> Sequence[Row]:
    """Return what one command posted, in order."""
    statement = select(*POSTING_COLUMNS).where(Posting.command_id == command_id)
    return reader.all(statement.order_by(Posting.id))


def lock_posting(tx: Transaction, posting_id: int) -> None:
    """Let nobody else reverse a posting until this transaction ends.

    The lock is the one that does not disturb a foreign key's look at the row; SQLite's writers take
    their turns anyway.
    """
    tx.one(select(Posting.id).where(Posting.id == posting_id).with_for_update(key_share=True))


def select_reversal(reader: Reader, posting_id: int) -> Row | None:
    """Return the posting that reversed this one."""
    return reader.one(select(*POSTING_COLUMNS).where(Posting.reverses_id == posting_id))


def select_latest_postings(
    reader: Reader, account_id: int, before_id: int | None, limit: int
) -> Sequence[Row]:
    """Return an account's postings, latest first, at most `limit` of them, those before an id."""
    before_id = _LAST_ID if before_id is None else before_id
    return reader.all(_LATEST_POSTINGS, of_account_id=account_id, before_id=before_id, at_most=limit)


def sum_received(reader: Reader, account_id: int, before: datetime | None = None) -> int:
    """Return what came into an account less what went out of it, from the postings themselves.

    Those that were recorded before a moment, or all of them.
    """
    within = [] if before is None else [Posting.recorded_at < before]
    cents = select(func.coalesce(func.sum(Posting.amount_cents), 0)).where(*within)
    came_in = reader.scalar(cents.where(Posting.destination_id == account_id))
    return int(came_in) - int(reader.scalar(cents.where(Posting.source_id == account_id)))
