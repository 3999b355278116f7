"""Statements that are compiled once and run on the driver's own cursor: the hot path's way to speak SQL."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Dialect, Executable, UpdateBase
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ReturnsRows

from ledger.storage.columns import UtcDateTime

_QUOTED = re.compile('".*"', re.DOTALL)
Processor = Callable[[Any], Any] | None


class Prepared:
    """A statement whose values are all `bindparam`s, compiled for a database when it is first used there.

    Building a statement, looking for it in a cache and wrapping its result costs ten times what SQLite
    needs to execute it. Types are converted as always. Where databases differ, `build` takes the dialect's
    name and returns the statement for it.
    """

    def __init__(self, build: Executable | Callable[[str], Executable], *, is_steady: bool = False) -> None:
        self._build = build
        # Of a steady statement the rows cannot change while grouped commands run: asked once a transaction.
        self.is_steady = is_steady
        self._compiled: dict[str, _Compiled] = {}

    def run(self, driver: Any, dialect: Dialect, values: dict[str, Any]) -> Iterable[Any]:
        """Execute on a driver's connection and return the rows, each with the columns' names."""
        return self.ask(driver, dialect, values)()

    def ask(self, driver: Any, dialect: Dialect, values: dict[str, Any]) -> Callable[[], Iterable[Any]]:
        """Execute on a driver's connection and return what fetches the rows.

        In a pipeline of the driver's nothing is waited for before they are fetched.
        """
        compiled = self._for(dialect)

        def fetch() -> Iterable[Any]:
            with _as_wrapped(dialect, driver, compiled.text):
                return compiled.fetch(cursor)

        with _as_wrapped(dialect, driver, compiled.text):
            cursor = compiled.execute(driver, values)
        return fetch

    def run_many(self, driver: Any, dialect: Dialect, many: list[dict[str, Any]]) -> None:
        """Execute once for each of the values, in their order."""
        compiled = self._for(dialect)
        with _as_wrapped(dialect, driver, compiled.text):
            compiled.run_many(driver, many)

    def writes(self, dialect: Dialect) -> bool:
        """Say whether it adds, changes or removes rows."""
        return self._for(dialect).writes

    def _for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            statement = self._build(dialect.name) if callable(self._build) else self._build
            compiled = self._compiled[dialect.name] = _Compiled(statement, dialect)
        return compiled


@contextmanager
def _as_wrapped(dialect: Dialect, driver: Any, text: str) -> Iterator[None]:
    try:
        yield
    except dialect.loaded_dbapi.Error as error:
        raise wrapped(error, dialect, driver, text) from error


def wrapped(error: Exception, dialect: Dialect, driver: Any, text: str | None = None) -> Exception:
    """Return a driver's error as SQLAlchemy raises it, so that nobody else need know how a statement ran.

    It names the statement and never its values.
    """
    base = dialect.loaded_dbapi.Error
    is_lost = dialect.is_disconnect(error, driver, None)
    error = without_values(error)
    return DBAPIError.instance(
        text, {}, error, base, hide_parameters=True, connection_invalidated=is_lost, dialect=dialect
    )


def without_values(error: Exception) -> Exception:
    """Take out of a PostgreSQL driver's error what it tells of rows and values; SQLite's tell of none.

    Below its first line the server names the row that was refused, and tokens are in rows. In its first line
    only an error of data (class 22) quotes what was given.
    """
    said = getattr(getattr(error, "diag", None), "message_primary", None)
    if said is not None:
        error.args = (_QUOTED.sub('"…"', said) if (error.sqlstate or "").startswith("22") else said,)
    return error


class _Compiled:
    """One statement in one database's words."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self.writes = isinstance(statement, UpdateBase)
        # A driver that takes values by position gets them picked out in one step.
        self._in_order = _picking(compiled.positiontup)
        self._defaults = {name: bind.value for bind, name in compiled.bind_names.items() if not bind.required}
        self._binders = _present((name, _binder(bind, dialect)) for bind, name in compiled.bind_names.items())
        columns = list(statement.exported_columns) if isinstance(statement, ReturnsRows) else []
        self._readers = _present(
            (position, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for position, column in enumerate(columns)
        )
        self._row = namedtuple("Row", [column.name for column in columns])._make if columns else None

    def run_many(self, driver: Any, many: list[dict[str, Any]]) -> None:
        driver.cursor().executemany(self.text, [self._given(values) for values in many])

    def execute(self, driver: Any, values: dict[str, Any]) -> Any:
        return driver.execute(self.text, self._given(values))

    def fetch(self, cursor: Any) -> Iterable[Any]:
        if self._row is None:
            return ()
        rows = cursor.fetchall()
        if not self._readers:
            return map(self._row, rows)
        return [self._row(self._read(row)) for row in rows]

    def _given(self, values: dict[str, Any]) -> tuple | dict[str, Any]:
        values = self._defaults | values
        for name, process in self._binders:
            values[name] = process(values[name])
        return self._in_order(values) if self._in_order else values

    def _read(self, row: tuple) -> list[Any]:
        values = list(row)
        for position, process in self._readers:
            values[position] = process(values[position])
        return values


def _picking(names: list[str] | None) -> Callable[[dict[str, Any]], tuple] | None:
    if not names:
        return None
    return itemgetter(*names) if len(names) > 1 else lambda values: (values[names[0]],)


def _binder(bind: BindParameter, dialect: Dialect) -> Processor:
    process = bind.type.dialect_impl(dialect).bind_processor(dialect)
    # All rows of a command are of one moment, and writing it down costs more than remembering it.
    return lru_cache(4)(process) if isinstance(bind.type, UtcDateTime) and process else process


def _present(processors: Iterable[tuple[Any, Processor]]) -> list[tuple[Any, Callable[[Any], Any]]]:
    return [(place, process) for place, process in processors if process is not None]
