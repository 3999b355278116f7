"""What a query holds in its hands: statements inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Executable, Row, UpdateBase, text

from ledger.storage.bulk import Bulk
from ledger.storage.gathering import Gathering, NotGathered
from ledger.storage.prepared import Prepared, wrapped

__all__ = ["Reader", "Row"]

Statement = Executable | Prepared
# A prepared one, because it may be sent among others; the rest of the transaction keeps to it.
_WAIT_FOR_LOCKS = Prepared(text("SELECT set_config('lock_timeout', :at_most, true)"))
# How many rows of a stream are fetched at once.
STREAMED_ROWS = 1_000


class Reader:
    """Executes statements inside one transaction; `values` are for a statement's named parameters."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        # The driver's own, for prepared statements.
        self._driver = connection.connection.driver_connection
        # What need not be read again in this transaction, by what would read it.
        self._known: dict[Hashable, Any] = {}
        # Where a group's writes are kept back; None where they are written at once.
        self._gathering: Gathering | None = None
        # What has been asked and not been fetched: how to, and who wants it.
        self._expected: list[tuple[Callable[[], Iterable[Any]], Callable[[Iterable[Any]], Any]]] = []

    def one(self, statement: Statement, **values: Any) -> Row | None:
        """Execute a statement and return its first row, or None."""
        if isinstance(statement, Prepared):
            return next(iter(self._run(statement, values)), None)
        if isinstance(statement, UpdateBase):
            self._refuse_in_group()
        return self.connection.execute(statement, values).first()

    def all(self, statement: Statement, **values: Any) -> Sequence[Row]:
        """Execute a statement and return every row."""
        if isinstance(statement, Prepared):
            return list(self._run(statement, values))
        if isinstance(statement, UpdateBase):
            self._refuse_in_group()
        return self.connection.execute(statement, values).all()

    def stream(self, statement: Executable) -> Iterator[Row]:
        """Execute a statement and yield its rows, of which only some are in memory at a time."""
        return iter(self.connection.execute(statement, execution_options={"yield_per": STREAMED_ROWS}))

    def scalar(self, statement: Statement, **values: Any) -> Any:
        """Execute a statement and return the first column of its first row, or None."""
        row = self.one(statement, **values)
        return None if row is None else row[0]

    def take_time(self) -> None:
        """Let the statements that follow run as long as they need: a proof looks at every row there is.

        SQLite has no limit to lift.
        """
        if self.dialect.name == "postgresql":
            self.connection.execute(text("SET LOCAL statement_timeout = 0"))

    def wait_for_locks(self, at_most_ms: int) -> None:
        """Wait no longer than this for each lock in this transaction.

        SQLite has one lock, and has waited for it when the transaction began.
        """
        if self.dialect.name == "postgresql":
            self._run(_WAIT_FOR_LOCKS, {"at_most": f"{at_most_ms:d}ms"})

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Wait once, at the end, for all that is expected inside; PostgreSQL is sent it together."""
        with self.at_once():
            yield
            expected, self._expected = self._expected, []
            for fetch, then in expected:
                then(fetch())

    def expect(self, statement: Prepared, then: Callable[[Iterable[Any]], Any], **values: Any) -> None:
        """Execute a statement, and hand its rows to `then` by the end of `expecting`; in a group only."""
        self._expected.append((statement.ask(self._driver, self.dialect, values), then))

    def foresee(self, key: Hashable, state: Any) -> None:
        """Remember for the rest of the transaction what has been read of something, under its lock."""
        self._known[key] = state

    def foreseen(self, key: Hashable) -> Any:
        """Return the state that was foreseen as `key`, as the group has left it; None if none was."""
        return self._known.get(key)

    def foresee_rows(self, statement: Prepared, rows: list[Any], **values: Any) -> None:
        """Remember for the rest of the transaction what a statement answers to these values."""
        self._known[(statement, *values.values())] = rows

    def append(self, bulk: Bulk, **values: Any) -> None:
        """Write a row that nobody looks at before the transaction's end; in a group they go together."""
        if self._gathering is None:
            bulk.one.run(self._driver, self.dialect, values)
        else:
            self._gathering.add(bulk, values)

    @contextmanager
    def gathered(self) -> Iterator[Gathering]:
        """Keep back what is appended or changed inside; whatever else would be written raises NotGathered."""
        self._gathering = Gathering(self._known)
        yield self._gathering
        self._gathering = None

    def write(self, gathering: Gathering) -> None:
        """Write what was kept back, each sort of row at once."""
        gathering.write(self._driver, self.dialect)

    def commit(self) -> None:
        """Commit what has been written; nothing more is written in this transaction."""
        # Not by SQLAlchemy, which holds a transaction for ended that the server has refused to commit among
        # other things.
        self._driver.commit()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Send what is executed inside together, and wait once, at the end (PostgreSQL)."""
        try:
            with self._driver.pipeline() if self.dialect.name == "postgresql" else nullcontext():
                yield
        except self.dialect.loaded_dbapi.Error as error:
            raise wrapped(error, self.dialect, self._driver) from error

    def _refuse_in_group(self) -> None:
        # What a group writes is appended or changes what was foreseen; nothing else could be undone.
        if self._gathering is not None:
            raise NotGathered

    def _run(self, statement: Prepared, values: dict[str, Any]) -> Any:
        if statement.writes(self.dialect):
            self._refuse_in_group()
            return statement.run(self._driver, self.dialect, values)
        asked = (statement, *values.values())
        known = self._known.get(asked)
        if known is not None:
            return known
        rows = statement.run(self._driver, self.dialect, values)
        if statement.is_steady:
            self._known[asked] = rows = list(rows)
        return rows
