"""Copies every row of every table from one database into another, and sums up what a table holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from ledger.foundation.progress import Progress
from ledger.storage.columns import Base

# What is held in memory at a time, however large a table is.
BATCH_ROWS = 1_000
# The number of the advisory lock that tells whether two connections lead to one PostgreSQL database.
_COPY_LOCK = 0x74617063


@dataclass(frozen=True)
class Content:
    """What a table holds: how many rows, and a hash over all of them in the order of their keys."""

    rows: int
    digest: str


class _Sum:
    """Sums up a table as its rows pass by."""

    def __init__(self) -> None:
        self._rows = 0
        self._hash = hashlib.sha256()

    def add(self, rows: Sequence[Row]) -> None:
        """Take further rows into the sum; both databases give the same Python values."""
        self._rows += len(rows)
        for row in rows:
            self._hash.update(repr(tuple(row)).encode())

    @property
    def content(self) -> Content:
        """Return what has passed by."""
        return Content(self._rows, self._hash.hexdigest())


def all_tables() -> list[Table]:
    """Return every table that is known, those that others point to first."""
    return Base.metadata.sorted_tables


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    counted = {table.name: select(func.count()).select_from(table) for table in all_tables()}
    return {name: connection.execute(statement).scalar_one() for name, statement in counted.items()}


def copy_rows(source: Connection, target: Connection, progress: Progress) -> dict[str, Content]:
    """Copy every table into an empty one of the same name; returns what was read.

    Numbers that the source has drawn and not used stay drawn: no id is ever given twice.
    """
    counts = count_rows(source)
    total, done, contents = sum(counts.values()), 0, {}
    for table in all_tables():
        summed, references = _Sum(), _references_to_itself(table)
        with _batches(source, _in_order(table)) as batches:
            for rows in batches:
                summed.add(rows)
                _append(target, table, [_without_forward(references, row) for row in rows])
                done += len(rows)
                progress("copying", done, total)
        _complete_forward_references(source, target, table)
        _draw_numbers(source, target, table)
        contents[table.name] = summed.content
    return contents


def read_contents(connection: Connection, progress: Progress) -> dict[str, Content]:
    """Read every row of every table and return what each table holds."""
    total, done, contents = sum(count_rows(connection).values()), 0, {}
    for table in all_tables():
        summed = _Sum()
        with _batches(connection, _in_order(table)) as batches:
            for rows in batches:
                summed.add(rows)
                done += len(rows)
                progress("reading back", done, total)
        contents[table.name] = summed.content
    return contents


def _append(target: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if target.dialect.name != "postgresql":
        target.execute(insert(table), rows)
        return
    # COPY, because an INSERT for each row takes 2.3 times as long.
    quoted = target.dialect.identifier_preparer.quote
    columns = ", ".join(quoted(column.name) for column in table.columns)
    types = [(column.name, column.type.dialect_impl(target.dialect)) for column in table.columns]
    prepared = [(name, kind.bind_processor(target.dialect)) for name, kind in types]
    with (
        closing(target.connection.cursor()) as cursor,
        cursor.copy(f"COPY {quoted(table.name)} ({columns}) FROM STDIN") as sent,
    ):
        for row in rows:
            sent.write_row([bind(row[name]) if bind else row[name] for name, bind in prepared])


def _in_order(table: Table) -> Select:
    return select(table).order_by(*table.primary_key.columns)


@contextmanager
def _batches(connection: Connection, statement: Select) -> Iterator[Iterator[Sequence[Row]]]:
    with closing(connection.execute(statement, execution_options={"yield_per": BATCH_ROWS})) as result:
        yield result.partitions()


def _references_to_itself(table: Table) -> tuple[Column, list[Column]]:
    key = next(iter(table.primary_key.columns))
    own = [column for column in table.columns if any(known.column is key for known in column.foreign_keys)]
    return key, own


def _without_forward(references: tuple[Column, list[Column]], row: Row) -> dict[str, Any]:
    # A lost token points to the one that came after it. What is not there yet cannot be pointed to.
    key, own = references
    values = dict(row._mapping)
    for column in own:
        if values[column.name] is not None and values[column.name] > values[key.name]:
            values[column.name] = None
    return values


def _complete_forward_references(source: Connection, target: Connection, table: Table) -> None:
    key, own = _references_to_itself(table)
    if not own:
        return
    pointing = select(key.label("its_key"), *own).where(or_(*(column > key for column in own)))
    changed = update(table).where(key == bindparam("its_key"))
    statement = changed.values({column.name: bindparam(column.name) for column in own})
    with _batches(source, pointing) as batches:
        for rows in batches:
            target.execute(statement, [dict(row._mapping) for row in rows])


def _draw_numbers(source: Connection, target: Connection, table: Table) -> None:
    column = table.autoincrement_column
    last = _last_number(source, table, column) if column is not None else 0
    if not last:
        return
    if target.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        target.execute(select(func.setval(sequence, last)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        named = {"name": table.name, "last": last}
        target.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
        target.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), named)


def _last_number(connection: Connection, table: Table, column: Column) -> int:
    used = connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
    return max(used, _drawn(connection, table, column) or 0)


def _drawn(connection: Connection, table: Table, column: Column) -> int | None:
    if connection.dialect.name == "sqlite":
        statement = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.execute(statement, {"name": table.name}).scalar()
    sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar_one()
    return connection.execute(text(f"SELECT last_value FROM {sequence} WHERE is_called")).scalar()


def take_hours(connection: Connection) -> None:
    """Let this transaction take as long as it needs, in its statements and between them.

    SQLite has no such limits.
    """
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))


def close_to_writers(connection: Connection) -> None:
    """Let nobody else write until this transaction ends; on SQLite its write lock does so already."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_COPY_LOCK)))
        names = ", ".join(table.name for table in all_tables())
        connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def leads_to_closed(connection: Connection) -> bool:
    """Say whether this connection leads to a database that `close_to_writers` holds at the moment."""
    statement = select(func.pg_try_advisory_xact_lock_shared(_COPY_LOCK))
    return connection.dialect.name == "postgresql" and not connection.execute(statement).scalar_one()


def other_connections(connection: Connection) -> int:
    """Return how many others are connected to this PostgreSQL database."""
    return connection.execute(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"
        )
    ).scalar_one()
