"""Tables of people who sign in: their passwords and their sessions; and every statement on them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from ledger.domain.access.tables import Operator
from ledger.storage.columns import Base
from ledger.storage.transaction import Reader, Row, Transaction


class Password(Base):
    """An operator's password, by its hash, and what was tried since it was right last."""

    __tablename__ = "passwords"
    __table_args__ = (CheckConstraint("attempts >= 0", name="attempts"),)

    operator_id: Mapped[int] = mapped_column(
        ForeignKey("operators.id"), primary_key=True, autoincrement=False
    )
    password_hash: Mapped[str] = mapped_column(String(255))
    set_at: Mapped[datetime]
    attempts: Mapped[int]
    locked_until: Mapped[datetime | None]


class Session(Base):
    """A browser that an operator has signed in with, kept by the hash of the secret that it shows."""

    __tablename__ = "sessions"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def upsert_password(tx: Transaction, operator_id: int, password_hash: str) -> None:
    """Give an operator a new password, and a clean sheet."""
    values = {"password_hash": password_hash, "set_at": tx.now, "attempts": 0, "locked_until": None}
    mine = Password.operator_id == operator_id
    if tx.scalar(update(Password).where(mine).values(values).returning(Password.operator_id)) is None:
        tx.execute(insert(Password).values(operator_id=operator_id, **values))


def select_password(reader: Reader, username: str) -> Row | None:
    """Return an active operator with their password, and until when it is locked."""
    columns = (Operator.id, Operator.username, Password.password_hash, Password.locked_until)
    held = select(*columns).join(Password, Password.operator_id == Operator.id)
    return reader.one(held.where(Operator.username == username, Operator.is_active))


def count_attempt(tx: Transaction, operator_id: int) -> int | None:
    """Add an attempt to those of an operator and return how many there are; None while they are locked."""
    is_free = or_(Password.locked_until.is_(None), Password.locked_until <= tx.now)
    counted = update(Password).where(Password.operator_id == operator_id, is_free)
    return tx.scalar(counted.values(attempts=Password.attempts + 1).returning(Password.attempts))


def lock_until(tx: Transaction, operator_id: int, until: datetime) -> None:
    """Let nobody try an operator's password for a while."""
    tx.execute(update(Password).where(Password.operator_id == operator_id).values(locked_until=until))


def forgive_attempts(tx: Transaction, operator_id: int) -> None:
    """Count an operator's attempts from none again."""
    fresh = {"attempts": 0, "locked_until": None}
    tx.execute(update(Password).where(Password.operator_id == operator_id).values(fresh))


def count_passwords(reader: Reader) -> int:
    """Return how many operators can sign in."""
    return reader.scalar(select(func.count()).select_from(Password))


def insert_session(tx: Transaction, **values: object) -> None:
    """Store a session."""
    tx.execute(insert(Session).values(opened_at=tx.now, **values))


def end_session(tx: Transaction, secret_hash: str) -> int | None:
    """End a session; returns whose it was, or None when it was none that is open."""
    mine = (Session.secret_hash == secret_hash, Session.ended_at.is_(None))
    return tx.scalar(update(Session).where(*mine).values(ended_at=tx.now).returning(Session.operator_id))


def end_sessions_of(tx: Transaction, operator_id: int) -> None:
    """End every session of an operator."""
    open_ones = (Session.operator_id == operator_id, Session.ended_at.is_(None))
    tx.execute(update(Session).where(*open_ones).values(ended_at=tx.now))


def select_session(reader: Reader, secret_hash: str, now: datetime) -> Row | None:
    """Return the active operator of a session that is open."""
    columns = (Operator.id, Operator.username, Operator.role, Session.ends_at)
    held = select(*columns).join(Session, Session.operator_id == Operator.id)
    good = (Session.secret_hash == secret_hash, Session.ended_at.is_(None), Session.ends_at > now)
    return reader.one(held.where(*good, Operator.is_active))
