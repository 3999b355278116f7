"""The table of holds, and every statement on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from ledger.domain.books.tables import AccountBalance
from ledger.storage.columns import Base
from ledger.storage.transaction import Reader, Row, Transaction

_OPEN = text("state = 'open'")


class Hold(Base):
    """Money of the source account set aside for an entry that may never come; until then it is no posting.

    Its amount never changes; it is closed once, by the command `closed_by_id`.
    """

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("source_id <> destination_id", name="two_accounts"),
        CheckConstraint("state IN ('open', 'captured', 'released', 'expired')", name="state"),
        CheckConstraint("captured_cents BETWEEN 0 AND amount_cents", name="captured_within_hold"),
        CheckConstraint("(state = 'captured') = (captured_cents > 0)", name="captured_has_amount"),
        CheckConstraint("(state = 'captured') = (posting_id IS NOT NULL)", name="captured_has_posting"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at_a_time"),
        CheckConstraint("(state = 'open') = (closed_by_id IS NULL)", name="closed_by_a_command"),
        # Closed holds pile up for years; those that are looked for by account are the few open ones.
        Index("ix_holds_open", "source_id", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    destination_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    description: Mapped[str] = mapped_column(String(255))
    tag: Mapped[str | None] = mapped_column(String(64))
    terminal_id: Mapped[int | None] = mapped_column(ForeignKey("terminals.id"))
    command_id: Mapped[int] = mapped_column(ForeignKey("audit_log.id"))
    recorded_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))
    captured_cents: Mapped[int] = mapped_column(BigInteger)
    posting_id: Mapped[int | None] = mapped_column(ForeignKey("postings.id"), unique=True)
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("audit_log.id"))


HOLD_COLUMNS = tuple(Hold.__table__.columns)


def change_held(tx: Transaction, account_id: int, by_cents: int) -> int | None:
    """Add to what is held of an account under its row lock and return it; None when the floor forbids it."""
    held = AccountBalance.held_cents + by_cents
    changed = update(AccountBalance).where(
        AccountBalance.account_id == account_id,
        AccountBalance.balance_cents - held >= AccountBalance.floor_cents,
    )
    return tx.scalar(changed.values(held_cents=held).returning(AccountBalance.held_cents))


def insert_hold(tx: Transaction, **values: object) -> Row:
    """Insert an open hold and return it."""
    inserted = insert(Hold).values(state="open", captured_cents=0, **values)
    return tx.one(inserted.returning(*HOLD_COLUMNS))


def close_hold(tx: Transaction, hold_id: int, **values: object) -> None:
    """Say how a hold has ended; the command that runs is the one that has closed it."""
    closed = update(Hold).where(Hold.id == hold_id)
    tx.execute(closed.values(closed_at=tx.now, closed_by_id=tx.command_id, **values))


def select_hold(reader: Reader, code: str) -> Row | None:
    """Return a hold by its public code."""
    return reader.one(_hold(code))


def lock_hold(tx: Transaction, code: str) -> Row | None:
    """Return a hold by its public code; nobody else closes it until this transaction ends."""
    return tx.one(_hold(code).with_for_update(key_share=True))


def lock_overdue_holds(tx: Transaction, account_id: int) -> Sequence[Row]:
    """Return an account's open holds whose time is over; nobody else closes them until `tx` ends.

    They are locked in the order of their ids, so that two who look for the same do not wait for each
    other in a ring.
    """
    overdue = (Hold.source_id == account_id, Hold.state == "open", Hold.expires_at <= tx.now)
    statement = select(*HOLD_COLUMNS).where(*overdue).order_by(Hold.id)
    return tx.all(statement.with_for_update(key_share=True))


def select_open_holds(reader: Reader, account_id: int | None, limit: int) -> Sequence[Row]:
    """Return open holds, of one account or of all, oldest first, at most `limit` of them."""
    statement = select(*HOLD_COLUMNS).where(Hold.state == "open").order_by(Hold.id).limit(limit)
    return reader.all(statement if account_id is None else statement.where(Hold.source_id == account_id))


def select_accounts_with_overdue_holds(reader: Reader, now: datetime) -> Sequence[Row]:
    """Return the ids of the accounts that have an open hold whose time is over."""
    overdue = (Hold.state == "open", Hold.expires_at <= now)
    return reader.all(select(Hold.source_id).where(*overdue).distinct().order_by(Hold.source_id))


def sum_held(reader: Reader, account_id: int, now: datetime) -> int:
    """Return what an account's open holds have set aside, without those whose time is over."""
    live = (Hold.source_id == account_id, Hold.state == "open", Hold.expires_at > now)
    return int(reader.scalar(select(func.coalesce(func.sum(Hold.amount_cents), 0)).where(*live)))


def _hold(code: str) -> Select:
    return select(*HOLD_COLUMNS).where(Hold.code == code)
