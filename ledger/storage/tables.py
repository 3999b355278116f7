"""Tables of the plumbing: idempotency keys, the audit trail and the outbox; and their statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Executable,
    ForeignKey,
    String,
    UniqueConstraint,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from ledger.storage.bulk import Bulk, columns_of, is_among, parameters, rows_of, sent
from ledger.storage.columns import Base
from ledger.storage.prepared import Prepared
from ledger.storage.reader import Reader, Row

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


def insert_of(table: type[Base]) -> Prepared:
    """Return the statement that inserts a row, all columns but `id` given, and answers its id."""
    return Prepared(insert(table).values(parameters(table, columns_of(table))).returning(table.id))


def insert_if_absent_of(table: type[Base]) -> Prepared:
    """Return the statement that inserts a row, or answers nothing when a unique constraint holds such a row.

    Where another transaction is inserting the same, it waits for its end (PostgreSQL; on SQLite the
    write lock has done so before).
    """

    def build(dialect_name: str) -> Executable:
        inserting = _INSERTS[dialect_name](table).values(parameters(table, columns_of(table)))
        return inserting.on_conflict_do_nothing().returning(table.id)

    return Prepared(build)


_INSERT_KEY = insert_if_absent_of(IdempotencyKey)
_FIND_KEY = Prepared(
    select(IdempotencyKey.fingerprint, IdempotencyKey.answer, IdempotencyKey.command_id).where(
        IdempotencyKey.scope == bindparam("scope"), IdempotencyKey.key == bindparam("key")
    )
)
_NEW_KEY = ("scope", "key", "fingerprint", "recorded_at")
_KEYS = rows_of(IdempotencyKey, _NEW_KEY)
_INSERT_KEYS = Prepared(
    postgresql.insert(IdempotencyKey)
    .from_select(list(_NEW_KEY), select(*_KEYS.c))
    .on_conflict_do_nothing()
    .returning(IdempotencyKey.id, IdempotencyKey.scope, IdempotencyKey.key)
)
_DELETE_KEYS = Prepared(
    lambda dialect: delete(IdempotencyKey).where(is_among(dialect, IdempotencyKey.id, "key_ids"))
)
_COMPLETE_KEY = Bulk(IdempotencyKey, ("command_id", "answer"), key="id")
_INSERT_AUDIT_ROW = insert_of(AuditLog)
_APPEND_AUDIT_ROW = Bulk(AuditLog, ("id", *columns_of(AuditLog)))
# Ids for rows that are appended: in SQLite the writer alone draws them, and nobody else meanwhile.
_DRAWN_COMMAND_IDS = {
    "sqlite": "SELECT seq + n AS id FROM (SELECT coalesce(max(seq), 0) AS seq FROM sqlite_sequence"
    " WHERE name = 'audit_log'), (WITH RECURSIVE numbers(n) AS"
    " (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count) SELECT n FROM numbers)",
    "postgresql": "SELECT nextval(pg_get_serial_sequence('audit_log', 'id')) AS id"
    " FROM generate_series(1, CAST(:count AS INTEGER))",
}
_DRAW_COMMAND_IDS = Prepared(
    lambda dialect: text(_DRAWN_COMMAND_IDS[dialect]).columns(column("id", BigInteger))
)
_INSERT_EVENT = Bulk(DomainEvent, columns_of(DomainEvent))


def insert_key(reader: Reader, **values: Any) -> int | None:
    """Use up a key and return its row's id, or None when it was used before."""
    return reader.scalar(_INSERT_KEY, **values)


def expect_keys(reader: Reader, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Use up keys and return the ids of their rows, without those that were used before; see `expecting`.

    Of two equal keys the first counts. They are locked in one order, so that two groups with the same
    keys do not wait for each other in a ring.
    """
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        first.setdefault((row["scope"], row["key"]), row)
    in_order = sorted(first)
    ids: dict[tuple[str, str], int] = {}

    def remember(inserted: Iterable[Row]) -> None:
        ids.update({(row.scope, row.key): row.id for row in inserted})

    if reader.dialect.name == "postgresql":
        # They come in their order, and are inserted in it.
        reader.expect(_INSERT_KEYS, remember, rows=sent([first[place] for place in in_order]))
    else:
        new = ((place, insert_key(reader, **first[place])) for place in in_order)
        ids.update({place: key_id for place, key_id in new if key_id is not None})
    return ids


def delete_keys(reader: Reader, key_ids: Sequence[int]) -> None:
    """Free keys whose commands were refused."""
    if key_ids:
        reader.all(_DELETE_KEYS, key_ids=sent(key_ids))


def find_key(reader: Reader, scope: str, key: str) -> Row | None:
    """Return the used-up key of that scope."""
    return reader.one(_FIND_KEY, scope=scope, key=key)


def complete_key(reader: Reader, key_id: int, command_id: int, answer: Any) -> None:
    """Remember with the key which command it started and what was answered."""
    reader.append(_COMPLETE_KEY, of_id=key_id, command_id=command_id, answer=answer)


def insert_audit_row(reader: Reader, **values: Any) -> int:
    """Write one row of the audit trail and return its id."""
    return reader.scalar(_INSERT_AUDIT_ROW, **values)


def expect_command_ids(reader: Reader, count: int) -> list[int]:
    """Return ids for so many rows of the audit trail that will be appended; see `expecting`."""
    ids: list[int] = []
    reader.expect(_DRAW_COMMAND_IDS, lambda drawn: ids.extend(row.id for row in drawn), count=count)
    return ids


def append_audit_row(reader: Reader, **values: Any) -> None:
    """Append one row of the audit trail, whose id has been drawn."""
    reader.append(_APPEND_AUDIT_ROW, **values)


def insert_event(reader: Reader, **values: Any) -> None:
    """Put an event into the outbox."""
    reader.append(_INSERT_EVENT, **values)


_UNDELIVERED = select(DomainEvent.id).where(DomainEvent.delivered_at.is_(None))


def count_undelivered(reader: Reader, most: int) -> int:
    """Return how many events wait in the outbox, counted up to `most`."""
    return reader.scalar(select(func.count()).select_from(_UNDELIVERED.limit(most).subquery()))


def oldest_undelivered(reader: Reader) -> datetime | None:
    """Return when the event was recorded that has waited longest."""
    waiting = select(DomainEvent.recorded_at).where(DomainEvent.delivered_at.is_(None))
    return reader.scalar(waiting.order_by(DomainEvent.id).limit(1))


def lock_schema(reader: Reader) -> None:
    """Let nobody else migrate until this transaction ends; on SQLite the write lock does so already."""
    reader.take_time()
    if reader.dialect.name == "postgresql":
        reader.connection.execute(text("SET LOCAL lock_timeout = 0"))
        reader.connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
