"""Plain connections past the house: the same few words for both drivers, and rows that look the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy.engine import URL

_SQLITE_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
)
_POSTGRESQL_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
# Every other writer of balances waits for it, no reader does.
_POSTGRESQL_LOCK = "LOCK TABLE account_balances IN SHARE ROW EXCLUSIVE MODE"


class Result:
    """What a statement came to; values are those that SQLite's file has: texts of times and JSON, 0 and 1."""

    def __init__(self, rowcount: int, rows: list[tuple]) -> None:
        self.rowcount = rowcount
        self._rows = rows

    def fetchall(self) -> list[tuple]:
        """Return every row."""
        return [tuple(_as_in_a_file(value) for value in row) for row in self._rows]


class RawConnection:
    """A driver's connection in a transaction that nobody of the house has begun."""

    def __init__(self, driver: Any, *, dialect: str) -> None:
        self._driver = driver
        self.dialect = dialect

    def execute(self, statement: str, values: Sequence[object] = ()) -> Result:
        """Execute a statement with `?` for its values."""
        if self.dialect == "sqlite":
            cursor = self._driver.execute(statement, values)
        else:
            # Without values psycopg takes the statement as it is, percent signs included.
            asked = statement.replace("?", "%s") if values else statement
            cursor = self._driver.execute(asked, values or None)
        return Result(cursor.rowcount, cursor.fetchall() if cursor.description else [])

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        found = self.execute(_SQLITE_TABLES if self.dialect == "sqlite" else _POSTGRESQL_TABLES)
        return [name for (name,) in found.fetchall()]

    def take_write_lock(self) -> None:
        """Hold what every booking needs: SQLite's one write lock, or every balance."""
        self.execute("BEGIN IMMEDIATE" if self.dialect == "sqlite" else _POSTGRESQL_LOCK)

    def commit(self) -> None:
        """Keep what was done."""
        self._driver.commit()

    def rollback(self) -> None:
        """Undo what was done."""
        self._driver.rollback()

    def close(self) -> None:
        """Disconnect; what was not committed is undone."""
        self._driver.close()


def connect_raw(url: URL) -> RawConnection:
    """Connect to the database of a SQLAlchemy URL by its driver alone."""
    if url.get_backend_name() == "sqlite":
        return RawConnection(sqlite3.connect(url.database), dialect="sqlite")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return RawConnection(psycopg.connect(plain), dialect="postgresql")


@contextmanager
def without_guards(connection: RawConnection) -> Iterator[None]:
    """Take the constraints away, and the guards until the end."""
    context = _sqlite_without_guards if connection.dialect == "sqlite" else _postgresql_without_guards
    with context(connection):
        yield


@contextmanager
def _sqlite_without_guards(connection: RawConnection) -> Iterator[None]:
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in guards:
        connection.execute(sql)


@contextmanager
def _postgresql_without_guards(connection: RawConnection) -> Iterator[None]:
    bounds = "SELECT CAST(conrelid AS regclass), conname FROM pg_constraint WHERE contype IN ('c', 'f')"
    named = "SELECT CAST(tgrelid AS regclass), tgname FROM pg_trigger WHERE NOT tgisinternal"
    owned = " AND connamespace = CAST(current_schema() AS regnamespace)"
    for table, name in connection.execute(bounds + owned).fetchall():
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    guards = connection.execute(named).fetchall()
    for table, name in guards:
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    yield
    for table, name in guards:
        connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _as_in_a_file(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    if isinstance(value, dict | list):
        return json.dumps(value)
    return int(value) if isinstance(value, bool) else value
