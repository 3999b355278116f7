"""The table of seals, and every statement on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from ledger.domain.books.tables import Posting
from ledger.domain.seals.rules import POSTING_FIELDS
from ledger.storage.columns import Base
from ledger.storage.tables import insert_if_absent_of
from ledger.storage.transaction import Reader, Row, Transaction


class Seal(Base):
    """A sealed range of posting ids. Never updated, never deleted: triggers refuse it (see migrations)."""

    __tablename__ = "seals"
    __table_args__ = (
        CheckConstraint("from_posting_id <= to_posting_id", name="range"),
        CheckConstraint("posting_count > 0", name="not_empty"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_posting_id: Mapped[int] = mapped_column(unique=True)
    to_posting_id: Mapped[int] = mapped_column(unique=True)
    posting_count: Mapped[int]
    # One seal has one successor: of two that seal at the same moment the second finds the first.
    previous_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_at: Mapped[datetime]


SEAL_COLUMNS = (
    Seal.from_posting_id,
    Seal.to_posting_id,
    Seal.posting_count,
    Seal.previous_hash,
    Seal.hash,
    Seal.sealed_at,
)
_POSTING_COLUMNS = tuple(getattr(Posting, name) for name in POSTING_FIELDS)


def select_newest_seal(reader: Reader) -> Row | None:
    """Return the head of the chain."""
    return reader.one(select(*SEAL_COLUMNS).order_by(Seal.to_posting_id.desc()).limit(1))


def select_seals_after(reader: Reader, posting_id: int, limit: int) -> Sequence[Row]:
    """Return the seals that end after a posting, oldest range first, at most `limit` of them."""
    statement = select(*SEAL_COLUMNS).where(Seal.to_posting_id > posting_id)
    return reader.all(statement.order_by(Seal.to_posting_id).limit(limit))


def stream_postings(reader: Reader, first_id: int, last_id: int, limit: int) -> Iterator[Row]:
    """Yield what is hashed of the postings from one id to another, in order, at most `limit` of them."""
    statement = select(*_POSTING_COLUMNS).where(Posting.id.between(first_id, last_id))
    return reader.stream(statement.order_by(Posting.id).limit(limit))


_INSERT_SEAL = insert_if_absent_of(Seal)


def insert_seal(tx: Transaction, **values: object) -> int | None:
    """Append a seal and return its id, or None when another one stands in its place."""
    return tx.scalar(_INSERT_SEAL, **values)
