"""Opens the database: engine, pragmas, and reads in a transaction of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledger.foundation.errors import Unavailable
from ledger.storage.transaction import Reader

# How long a writer waits for its turn before it is told to come again.
BUSY_TIMEOUT_MS = 5_000
WRITES = {"ledger_writes": True}


class DatabaseUnreachable(Unavailable):
    """The database cannot be opened, is locked for too long, or has no schema yet."""

    code = "database_unreachable"
    message = "The database cannot be reached right now; try again with the same key."


class Database:
    """An engine and the ways to use it; one for each process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Give a reader that sees one unchanging state of the books.

        Refuses with DatabaseUnreachable when the database does not answer.
        """
        with translated_errors(), self.engine.connect() as connection, connection.begin():
            yield Reader(connection)

    @contextmanager
    def writing(self, *, keep: bool = True) -> Iterator[Connection]:
        """Give a connection in a transaction that may write.

        It is committed at the end, unless an exception passes or `keep` is false.
        """
        with self.engine.connect() as connection:
            connection = connection.execution_options(**WRITES)
            with connection.begin() as transaction:
                yield connection
                if not keep:
                    transaction.rollback()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database at a SQLAlchemy URL; an SQLite file's folder is made when it is missing."""
    return Database(make_engine(make_url(url)))


def make_engine(url: URL, **options: Any) -> Engine:
    """Create an engine that keeps this product's promises on durability and isolation."""
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
        options.setdefault("connect_args", {})["check_same_thread"] = False
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    # The driver would begin and commit by its own rules; `_begin` says so explicitly instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    # FULL, not NORMAL: with NORMAL a power cut loses answered debits in half of the crash images.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A write that began as a read can fail in its middle when another writer came between:
    # writers take the write lock at once, readers never do.
    writes = connection.get_execution_options().get("ledger_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn a database that does not answer, or has no connection left, into the refusal that says so."""
    try:
        yield
    except (OperationalError, PoolTimeoutError) as error:
        raise DatabaseUnreachable from error
    except DBAPIError as error:
        # The bare class is what SQLite says of a file that is no database.
        if error.connection_invalidated or type(error) is DatabaseError:
            raise DatabaseUnreachable from error
        raise
