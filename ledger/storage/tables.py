"""Tables of the plumbing: idempotency keys, the audit trail and the outbox; and their statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Connection,
    ForeignKey,
    Row,
    String,
    UniqueConstraint,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from ledger.storage.columns import Base

# The number of the advisory lock that upgrades of one PostgreSQL database queue for.
_SCHEMA_LOCK = 0x7461706C


class AuditLog(Base):
    """One executed write: who, what, from where. Everything it wrote points back to it."""

    __tablename__ = "audit_log"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
    command: Mapped[str] = mapped_column(String(64))
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_name: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(64))


class IdempotencyKey(Base):
    """A key that was used up by a command, with what it asked for and what it was answered.

    `fingerprint` is the hash of the command and its arguments; a voided key has none, because
    no request may ever match it. Keys live as long as the ledger: a journal may come back after months.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("scope", "key"),
        CheckConstraint("length(key) BETWEEN 1 AND 64", name="key_length"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(96))
    key: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    answer: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    command_id: Mapped[int | None] = mapped_column(ForeignKey("audit_log.id"))
    recorded_at: Mapped[datetime]


class DomainEvent(Base):
    """The outbox: what happened, in the same commit as what it speaks of."""

    __tablename__ = "domain_events"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("audit_log.id"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    payload: Mapped[Any] = mapped_column(JSON)
    recorded_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None] = mapped_column(index=True)


_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_if_absent(connection: Connection, table: type[Base], values: dict[str, Any]) -> int | None:
    """Insert a row and return its id, or None when a unique constraint already holds such a row.

    Where another transaction is inserting the same, this waits for its end (PostgreSQL; on SQLite
    the write lock has done so before).
    """
    statement = _INSERTS[connection.dialect.name](table).values(**values)
    return connection.execute(statement.on_conflict_do_nothing().returning(table.id)).scalar()


def find_key(connection: Connection, scope: str, key: str) -> Row | None:
    """Return the used-up key of that scope."""
    table = IdempotencyKey
    statement = select(table.id, table.fingerprint, table.answer, table.command_id)
    return connection.execute(statement.where(table.scope == scope, table.key == key)).first()


def complete_key(connection: Connection, key_id: int, command_id: int, answer: Any) -> None:
    """Remember with the key which command it started and what was answered."""
    statement = update(IdempotencyKey).where(IdempotencyKey.id == key_id)
    connection.execute(statement.values(command_id=command_id, answer=answer))


def insert_audit_row(connection: Connection, values: dict[str, Any]) -> int:
    """Write one row of the audit trail and return its id."""
    return connection.execute(insert(AuditLog).values(**values).returning(AuditLog.id)).scalar_one()


def insert_events(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Put events into the outbox."""
    connection.execute(insert(DomainEvent), rows)


def count_undelivered(connection: Connection, most: int) -> int:
    """Return how many events wait in the outbox, counted up to `most`."""
    some = select(DomainEvent.id).where(DomainEvent.delivered_at.is_(None)).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def oldest_undelivered(connection: Connection) -> datetime | None:
    """Return when the event was recorded that has waited longest."""
    waiting = select(DomainEvent.recorded_at).where(DomainEvent.delivered_at.is_(None))
    return connection.execute(waiting.order_by(DomainEvent.id).limit(1)).scalar()


def lift_statement_timeout(connection: Connection) -> None:
    """Let the rest of this transaction's statements take as long as they need; SQLite has no such limit."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def lock_schema(connection: Connection) -> None:
    """Let nobody else migrate until this transaction ends; on SQLite the write lock does so already."""
    if connection.dialect.name == "postgresql":
        lift_statement_timeout(connection)
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
