"""SQLite files as files: whose they are, whether they are whole, how they are read, kept and copied."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.engine import URL

from ledger.foundation.progress import Progress
from ledger.storage.database import Database

_PAGES_AT_ONCE = 1_000
# What SQLite and the settings keep beside the file of a database.
_COMPANIONS = ("", "-wal", "-shm", "-journal", ".key")


def is_part_of(path: Path, url: URL) -> bool:
    """Say whether a path leads to the file of a database, or to what is kept beside it.

    By whatever name: a symbolic link and a hard link lead to the same file.
    """
    if url.get_backend_name() != "sqlite":
        return False
    own = [Path(f"{url.database}{ending}") for ending in _COMPANIONS]
    return any(path.resolve() == one.resolve() or _is_same_file(path, one) for one in own)


def open_for_reading(path: Path) -> Database:
    """Open an SQLite file that nothing of ours may change, not even its journal mode."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)

    url = URL.create("sqlite", database=str(path.absolute()))
    engine = create_engine(url, creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return Database(engine)


def damages(connection: Connection) -> list[str]:
    """Return what SQLite itself finds wrong with its file: broken pages, rows that point nowhere."""
    said = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(3)")]
    pointing = connection.exec_driver_sql("PRAGMA foreign_key_check")
    lost = [f"a row of {row[0]} points to no row of {row[2]}" for row in pointing.fetchmany(3)]
    return [line for line in said if line != "ok"] + lost


def copy_pages(connection: Connection, path: Path, progress: Progress) -> None:
    """Copy the state that this connection's transaction sees into a file, page by page.

    Writers go on meanwhile: the copy reads as any reader does.
    """

    def report(_status: int, remaining: int, total: int) -> None:
        progress("copying", total - remaining, total)

    with closing(sqlite3.connect(path)) as target:
        connection.connection.driver_connection.backup(target, pages=_PAGES_AT_ONCE, progress=report)


def make_portable(path: Path) -> None:
    """Bring all that belongs to a database into its one file, and that to the disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    _to_disk(path)


def put_in_place(path: Path, final: Path) -> None:
    """Give a file on the disk its final name, for good even if the power fails now."""
    os.replace(path, final)
    _to_disk(final.parent)


def is_open_elsewhere(path: Path) -> bool:
    """Say whether somebody else has this database open.

    A file leaves WAL mode only for somebody who is alone with it; the next connection of ours brings
    it back.
    """
    if not path.exists():
        return False
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return True
            raise
    return False


def _is_same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
