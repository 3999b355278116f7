"""Opens the database: engine, pragmas, and reads in a transaction of their own."""

from __future__ import annotations

import logging
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledger.foundation.errors import Unavailable
from ledger.storage.prepared import without_values, wrapped
from ledger.storage.reader import Reader

# How long a writer waits for its turn before it is told to come again.
BUSY_TIMEOUT_MS = 5_000
# How long PostgreSQL works on one statement, and how long it keeps the locks of a node that went silent.
STATEMENT_TIMEOUT_MS = 30_000
SILENCE_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_S = 5
# A thread holds a connection only while it reads or books itself: so many are served without waiting, as
# many again before somebody is refused.
CONNECTIONS = 8
WRITES = {"ledger_writes": True}
# On PostgreSQL a writer is READ COMMITTED, so that what it reads after waiting for a lock is what the
# holder of the lock has left; a reader has one snapshot for all its statements and can write nothing.
# SQLite gives both by itself.
_READS = {"postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}}
# undefined_table and read_only_sql_transaction: not migrated yet, or a standby that is not yet promoted.
_UNREADY_SQLSTATES = {"42P01", "25006"}
# What SQLite cannot do, by the beginning of its error's name, and what a person can do about it.
_REASONS = {
    "SQLITE_READONLY": "The database may only be read: its file or its folder is write-protected."
    " Give the ledger the right to write there and start it again; then try again with the same key.",
    "SQLITE_CANTOPEN": "The database's file cannot be opened: its folder is not there or cannot be written."
    " Give the ledger a folder that it may write to; then try again with the same key.",
    "SQLITE_FULL": "The disk that the database is on is full. Make room, then try again with the same key.",
}


class DatabaseUnreachable(Unavailable):
    """The database cannot be opened, is locked for too long, or has no schema yet."""

    code = "database_unreachable"
    message = "The database cannot be reached right now; try again with the same key."


class Database:
    """An engine and the ways to use it; one for each process."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reads = _READS.get(engine.dialect.name, {})

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Give a reader that sees one unchanging state of the books.

        Refuses with DatabaseUnreachable when the database does not answer.
        """
        with translated_errors(), self.engine.connect() as connection:
            connection = connection.execution_options(**self._reads)
            with connection.begin():
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
    """Open the database at a SQLAlchemy URL; an SQLite file and its folder are made when first used."""
    return Database(make_engine(make_url(url)))


def is_missing(url: URL) -> bool:
    """Say whether these are books in an SQLite file that is not there."""
    return url.get_backend_name() == "sqlite" and not Path(url.database).exists()


def make_engine(url: URL, **options: Any) -> Engine:
    """Create an engine that keeps this product's promises on durability and isolation."""
    # What is wrong with a statement goes into the log; the tokens that it was about do not.
    options.setdefault("hide_parameters", True)
    if url.get_backend_name() == "postgresql":
        # What the driver does not raise, because something else is being raised, it logs.
        logging.getLogger("psycopg").addFilter(_keep_values_out)
        engine = create_engine(url, **(_postgresql_options(url) | options))
        event.listen(engine, "handle_error", _hide_values)
        event.listen(engine, "checkout", _require_silence)
        return engine
    options.setdefault("connect_args", {})["check_same_thread"] = False
    engine = create_engine(url, **options)
    event.listen(engine, "do_connect", _make_folder)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _postgresql_options(url: URL) -> dict[str, Any]:
    # What the URL says comes last and wins: `?options=-c synchronous_commit=remote_apply` asks for more.
    session = {
        "synchronous_commit": "on",
        "lock_timeout": BUSY_TIMEOUT_MS,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": SILENCE_TIMEOUT_MS,
    }
    ours = " ".join(f"-c {name}={value}" for name, value in session.items())
    return {
        "connect_args": {
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": f"{ours} {url.query.get('options', '')}",
        },
        "isolation_level": "READ COMMITTED",
        "pool_size": CONNECTIONS,
        "max_overflow": CONNECTIONS,
        "pool_timeout": CONNECT_TIMEOUT_S,
    }


def _keep_values_out(record: logging.LogRecord) -> bool:
    for told in record.args or ():
        if isinstance(told, Exception):
            without_values(told)
    return True


def _hide_values(context: ExceptionContext) -> None:
    wrapping, said = context.sqlalchemy_exception, str(context.original_exception)
    left = str(without_values(context.original_exception))
    if wrapping is not None:
        wrapping.args = (wrapping.args[0].replace(said, left), *wrapping.args[1:])


def _require_silence(connection: Any, _record: Any, _proxy: Any) -> None:
    """Notice a connection that died in the pool (a restart, a failover) before a request needs it.

    Between two requests the server says nothing, but that it has ended; asking it would cost each request
    its answer's way.
    """
    listening = select.poll()
    listening.register(connection.fileno(), select.POLLIN)
    if listening.poll(0):
        raise DisconnectionError


def _make_folder(_dialect: Dialect, _record: Any, places: tuple[str, ...], _options: dict[str, Any]) -> None:
    # Where it cannot be made, SQLite says that it cannot open the file.
    with suppress(OSError):
        Path(places[0]).parent.mkdir(parents=True, exist_ok=True)


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
    # On the driver's own connection: SQLAlchemy's way to execute a word costs more than a whole balance.
    driver = connection.connection.driver_connection
    try:
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    except driver.Error as error:
        raise wrapped(error, connection.dialect, driver) from error


def _reason(error: BaseException | None) -> str | None:
    name = getattr(error, "sqlite_errorname", "")
    return next((reason for begin, reason in _REASONS.items() if name.startswith(begin)), None)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn a database that does not answer, or has no connection left, into the refusal that says so."""
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseUnreachable from error
    except OperationalError as error:
        raise DatabaseUnreachable(_reason(error.orig)) from error
    except DBAPIError as error:
        # The bare class is what SQLite says of a file that is no database.
        unready = getattr(error.orig, "sqlstate", None) in _UNREADY_SQLSTATES
        if unready or error.connection_invalidated or type(error) is DatabaseError:
            raise DatabaseUnreachable from error
        raise
