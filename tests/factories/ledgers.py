"""Makes ledgers on SQLite files of their own, and looks into them past every rule."""

from __future__ import annotations

import shutil
import sqlite3
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

# The evening on which the published examples of the terminal API play.
OPENING_TIME = datetime(2021, 10, 31, 20, 44, 11, tzinfo=UTC)
SECRET_KEY = "a key that only the tests know, long enough for HS256"


def held_clock() -> HeldClock:
    """Return a clock that stands at the opening time."""
    return HeldClock(OPENING_TIME)


def settings_for(path: Path) -> Settings:
    """Return settings for a ledger on this file."""
    environment = {"TAPLEDGER_DATABASE_URL": f"sqlite:///{path}", "TAPLEDGER_SECRET_KEY": SECRET_KEY}
    return Settings.from_environment(environment)


def migrate(path: Path) -> Path:
    """Make an empty ledger by the migrations, in one file that can be copied."""
    database = open_database(f"sqlite:///{path}")
    upgrade(database.engine)
    database.close()
    return path


@contextmanager
def opened_ledger(path: Path, *, clock: Clock | None = None, ids: Ids | None = None) -> Iterator[Ledger]:
    """Open the ledger in a file that has been migrated."""
    settings = settings_for(path)
    database = open_database(settings.database_url)
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
    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))


def another_process_of(ledger: Ledger) -> Ledger:
    """Return a second hold on the same books, with connections of its own, as another process has."""
    return Ledger(open_database(ledger.settings.database_url), replace(ledger.settings), clock=ledger.clock)


def broken_proofs(ledger: Ledger) -> list[Proof]:
    """Return the proofs that do not hold."""
    return [proof for proof in ledger.read(audit) if not proof.holds]


def rows(ledger: Ledger, statement: str, *values: object) -> list[tuple]:
    """Return the rows of a plain SQL statement."""
    with raw_connection(ledger) as connection:
        return connection.execute(statement, values).fetchall()


def count(ledger: Ledger, table: str) -> int:
    """Return how many rows a table has."""
    return rows(ledger, f"SELECT count(*) FROM {table}")[0][0]


def contents(ledger: Ledger) -> dict[str, list[tuple]]:
    """Return every row of every table: two equal contents mean that nothing has happened between them.

    SQLite's own tables are left out: a number that an attempt has drawn and not used is not missed.
    """
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    with raw_connection(ledger) as connection:
        names = [name for (name,) in connection.execute(named)]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


@contextmanager
def raw_connection(ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """Give a connection without our pragmas, events and guards; what it changes is committed at the end."""
    connection = sqlite3.connect(ledger.settings.database_url.database)
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


@contextmanager
def tampering(ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """Give what somebody with the file in hand has: no foreign keys, no CHECKs, and no guards for a while."""
    with raw_connection(ledger) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, sql in guards:
            connection.execute(sql)
