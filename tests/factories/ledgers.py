"""Makes ledgers on databases of their own, and looks into them past every rule."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event

import ledger.tables  # noqa: F401 (its import makes every table known to the metadata)
from ledger.domain.audit.queries import audit
from ledger.foundation.clock import Clock, HeldClock
from ledger.foundation.ids import Ids
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.proof import Proof
from ledger.storage.schema import upgrade
from tests.factories.raw import RawConnection, connect_raw, without_guards

# The evening on which the published examples of the terminal API play.
OPENING_TIME = datetime(2021, 10, 31, 20, 44, 11, tzinfo=UTC)
SECRET_KEY = "a key that only the tests know, long enough for HS256"


class CompiledStatements(dict):
    """What SQLAlchemy has compiled, for all engines of a kind: a test has a new one, which knows nothing."""

    def get(self, key: tuple, default: object = None) -> object:
        """Return what was compiled, for whichever engine."""
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple, compiled: object) -> None:
        super().__setitem__((key[0].name, *key[1:]), compiled)


COMPILED = CompiledStatements()


def held_clock() -> HeldClock:
    """Return a clock that stands at the opening time."""
    return HeldClock(OPENING_TIME)


def settings_for(place: Path | str) -> Settings:
    """Return settings for a ledger in this SQLite file, or at this URL."""
    url = f"sqlite:///{place}" if isinstance(place, Path) else place
    environment = {"TAPLEDGER_DATABASE_URL": url, "TAPLEDGER_SECRET_KEY": SECRET_KEY}
    return Settings.from_environment(environment)


def migrate(path: Path) -> Path:
    """Make an empty ledger by the migrations, in one file that can be copied."""
    database = open_database(f"sqlite:///{path}")
    upgrade(database.engine)
    database.close()
    return path


@contextmanager
def opened_ledger(
    place: Path | str, *, clock: Clock | None = None, ids: Ids | None = None
) -> Iterator[Ledger]:
    """Open the ledger in a file, or at a URL, that has been migrated."""
    settings = settings_for(place)
    database = open_database(settings.database_url)
    database.engine.update_execution_options(compiled_cache=COMPILED)
    try:
        yield Ledger(database, settings, clock=clock or held_clock(), ids=ids)
    finally:
        database.close()


@contextmanager
def fresh_ledger(template: Path, path: Path, *, clock: Clock | None = None) -> Iterator[Ledger]:
    """Open a new ledger: a copy of the migrated template."""
    shutil.copyfile(template, path)
    with opened_ledger(path, clock=clock) as ledger:
        yield ledger


def forget_durability(ledger: Ledger) -> None:
    """Let commits not wait for the disk: for thousands of them, where no power cut is what is tested."""
    engine = ledger.database.engine
    if engine.dialect.name == "postgresql":
        return  # the tests' server has forgotten it for all
    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))


def another_process_of(ledger: Ledger) -> Ledger:
    """Return a second hold on the same books, with connections of its own, as another process has."""
    return Ledger(open_database(ledger.settings.database_url), replace(ledger.settings), clock=ledger.clock)


def broken_proofs(ledger: Ledger) -> list[Proof]:
    """Return the proofs that do not hold."""
    return [proof for proof in ledger.read(audit) if not proof.holds]


def rows(ledger: Ledger, statement: str, *values: object) -> list[tuple]:
    """Return the rows of a plain SQL statement, with `?` for its values; `raw` says how they look."""
    with raw_connection(ledger) as connection:
        return connection.execute(statement, values).fetchall()


def count(ledger: Ledger, table: str) -> int:
    """Return how many rows a table has."""
    return rows(ledger, f"SELECT count(*) FROM {table}")[0][0]


def contents(ledger: Ledger) -> dict[str, list[tuple]]:
    """Return every row of every table: two equal contents mean that nothing has happened between them.

    A number that an attempt has drawn and not used is not missed.
    """
    with raw_connection(ledger) as connection:
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in connection.tables()
        }


@contextmanager
def raw_connection(ledger: Ledger) -> Iterator[RawConnection]:
    """Give a connection without our pragmas, events and guards; what it changes is committed at the end."""
    connection = connect_raw(ledger.settings.database_url)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


@contextmanager
def tampering(ledger: Ledger) -> Iterator[RawConnection]:
    """Give what somebody with the database in hand has: no foreign keys, no CHECKs, for a while no guards."""
    with raw_connection(ledger) as connection, without_guards(connection):
        yield connection
