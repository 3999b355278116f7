"""What a query holds in its hands: statements inside one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Executable, Row, text
from sqlalchemy.exc import DBAPIError

from ledger.storage.prepared import Prepared, wrapped

__all__ = ["Reader", "Row"]

Statement = Executable | Prepared
# How many rows of a stream are fetched at once.
STREAMED_ROWS = 1_000


class NotGathered(Exception):
    """A command of a group wants to write more than it appends: it has to be run by itself."""


class Reader:
    """Executes statements inside one transaction; `values` are for a statement's named parameters."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        # The driver's own, for prepared statements.
        self._driver = connection.connection.driver_connection
        self._steady: dict[tuple, Any] = {}
        self._is_pipelined = False
        # What was appended and is not written yet; None where it is written at once.
        self._appended: list[tuple[Prepared, dict[str, Any]]] | None = None

    def one(self, statement: Statement, **values: Any) -> Row | None:
        """Execute a statement and return its first row, or None."""
        if self._goes_to_driver(statement):
            return next(iter(self._run(statement, values)), None)
        return self.connection.execute(statement, values).first()

    def all(self, statement: Statement, **values: Any) -> Sequence[Row]:
        """Execute a statement and return every row."""
        if self._goes_to_driver(statement):
            return list(self._run(statement, values))
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
            self._say(f"SET LOCAL lock_timeout = {at_most_ms:d}")

    @property
    def gathers(self) -> bool:
        """Say whether what is appended is written at the end."""
        return self._appended is not None

    def append(self, statement: Prepared, **values: Any) -> None:
        """Write a row that nobody looks at before the transaction's end; in a group they go together."""
        if self._appended is None:
            self._run(statement, values)
        else:
            self._appended.append((statement, values))

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Write what is appended inside at its end: all rows of one statement together, in their order."""
        self._appended = []
        yield
        by_statement: dict[Prepared, list[dict[str, Any]]] = {}
        for statement, values in self._appended:
            by_statement.setdefault(statement, []).append(values)
        for statement, many in by_statement.items():
            statement.run_many(self._driver, self.dialect, many)
        self._appended = None

    @contextmanager
    def pipelined(self) -> Iterator[None]:
        """Send statements whose answer nobody waits for together with the next one (PostgreSQL).

        What the database does not take of them is raised later, at the end at the latest. An SQLite file
        is near enough.
        """
        if self.dialect.name != "postgresql":
            yield
            return
        self._is_pipelined = True
        try:
            with self._driver.pipeline():
                yield
        except self.dialect.loaded_dbapi.Error as error:
            raise wrapped(error, self.dialect, self._driver) from error
        finally:
            self._is_pipelined = False

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Undo what is done inside, and only that, when an exception passes."""
        self._say("SAVEPOINT apart")
        mark = len(self._appended or ())
        try:
            yield
        except (DBAPIError, NotGathered):
            # The database's own errors are for whoever holds the whole transaction.
            raise
        except Exception:
            del (self._appended or [])[mark:]
            self._say("ROLLBACK TO SAVEPOINT apart")
            self._say("RELEASE SAVEPOINT apart")
            raise
        self._say("RELEASE SAVEPOINT apart")

    def _say(self, word: str) -> None:
        # In a pipeline the database may tell here what it did not take of a statement before.
        try:
            self._driver.execute(word)
        except self.dialect.loaded_dbapi.Error as error:
            raise wrapped(error, self.dialect, self._driver) from error

    def _goes_to_driver(self, statement: Statement) -> bool:
        return self._is_pipelined or isinstance(statement, Prepared)

    def _run(self, statement: Statement, values: dict[str, Any]) -> Any:
        if not isinstance(statement, Prepared):
            # SQLAlchemy looks for a result before one is there: in a pipeline, the few statements that
            # are not prepared are compiled for this once.
            return Prepared(statement).run(self._driver, self.dialect, values)
        if not statement.is_steady:
            return statement.run(self._driver, self.dialect, values)
        asked = (statement, *values.values())
        if asked not in self._steady:
            self._steady[asked] = list(statement.run(self._driver, self.dialect, values))
        return self._steady[asked]
