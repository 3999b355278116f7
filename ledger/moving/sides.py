"""The two sides of a move: whether they can be what they are meant to be."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from ledger.domain.audit.proofs import measure
from ledger.domain.audit.queries import audit
from ledger.domain.audit.records import Figures
from ledger.moving.errors import (
    BooksMissing,
    MoveFailed,
    NotWhole,
    SameBooks,
    SchemaDiffers,
    TargetInUse,
    TargetNotEmpty,
)
from ledger.storage.copying import count_rows, leads_to_closed, other_connections
from ledger.storage.database import Database, DatabaseUnreachable, is_missing
from ledger.storage.files import is_open_elsewhere, is_part_of
from ledger.storage.schema import newest, revision, upgrade
from ledger.storage.transaction import Reader


@contextmanager
def told(what: str) -> Iterator[None]:
    """Refuse with MoveFailed, which says what a database or a disk had to say, when one of them fails."""
    try:
        yield
    except (DatabaseUnreachable, DBAPIError, sqlite3.Error, OSError) as error:
        raise MoveFailed(f"{what}: {reason(error)}.") from error


def reason(error: BaseException) -> str:
    """Return the first line of what the driver or the system itself said."""
    first = error.__cause__ if isinstance(error, DatabaseUnreachable) and error.__cause__ else error
    said = str(getattr(first, "orig", None) or getattr(first, "strerror", None) or first).strip()
    return said.splitlines()[0].rstrip(".") if said else type(first).__name__


def require_file(url: URL) -> None:
    """Refuse with BooksMissing an SQLite file that is not there, instead of making an empty one."""
    if is_missing(url):
        raise BooksMissing(f"There are no books in {url.database}.")


def require_other(source: URL, target: URL) -> None:
    """Refuse with SameBooks a target that is the source, or one of its files."""
    in_file = target.get_backend_name() == "sqlite"
    if source == target or (in_file and is_part_of(Path(target.database), source)):
        raise SameBooks


def require_current(database: Database, side: str) -> None:
    """Refuse with SchemaDiffers a database that this version would have to upgrade first."""
    if (found := revision(database.engine)) != newest():
        said = f"at schema {found}, and this version needs {newest()}" if found else "without a schema"
        raise SchemaDiffers(f"The {side} is {said}: run `tapledger db upgrade` on it.")


def prepare_target(target: Database) -> None:
    """Bring a new database to the schema of this version.

    Refuses with TargetInUse when somebody works on an SQLite file, with TargetNotEmpty when there are
    strangers' tables, and with SchemaDiffers when it has been used by another version.
    """
    target.close()  # its own idle connections are nobody else's
    url = target.engine.url
    if url.get_backend_name() == "sqlite" and is_open_elsewhere(Path(url.database)):
        raise TargetInUse
    if revision(target.engine) is None:
        if names := inspect(target.engine).get_table_names():
            raise TargetNotEmpty(f"The target is not empty: it has the table {names[0]}.")
        upgrade(target.engine)
    require_current(target, "target")


def require_alone(source: Connection, target: Connection) -> None:
    """Refuse unless the target holds no row and nobody else is on it.

    With SameBooks when both lead to one PostgreSQL database, with TargetNotEmpty, with TargetInUse.
    The target must be closed to writers.
    """
    if leads_to_closed(source):
        raise SameBooks
    filled = {name: rows for name, rows in count_rows(target).items() if rows}
    if filled:
        name, rows = next(iter(filled.items()))
        raise TargetNotEmpty(f"The target is not empty: {name} has {rows} rows. Nothing was changed.")
    if target.dialect.name == "postgresql" and (others := other_connections(target)):
        raise TargetInUse(f"The target is in use by {others} other connections: stop its servers first.")


def proven(reader: Reader, side: str) -> Figures:
    """Return the figures of books that are proven to be whole; refuses with NotWhole."""
    broken = [proof for proof in audit(reader) if not proof.holds]
    if broken:
        first = f"{broken[0].invariant}: {broken[0].findings[0]}"
        raise NotWhole(f"The {side} is not whole ({first}); `tapledger audit` says more.")
    return measure(reader)

