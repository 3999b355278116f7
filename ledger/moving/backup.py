"""Backups: one portable SQLite file of whatever database, proven before it gets its name."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from ledger.domain.audit.records import Figures
from ledger.foundation.progress import Progress
from ledger.moving.copy import copy_books
from ledger.moving.errors import BackupDamaged, FileExists, NotWhole, SameBooks
from ledger.moving.sides import proven, reason, require_current, told
from ledger.storage.copying import count_rows
from ledger.storage.database import Database, DatabaseUnreachable, open_database, translated_errors
from ledger.storage.files import (
    copy_pages,
    damages,
    is_part_of,
    make_portable,
    open_for_reading,
    put_in_place,
)


@dataclass(frozen=True)
class Kept:
    """A backup that was proven: where it is, what it holds, and the hash of its file."""

    file: str
    size_bytes: int
    sha256: str
    figures: Figures


def backup(database: Database, path: Path, *, replace: bool, progress: Progress) -> Kept:
    """Write a backup while servers go on writing; it has its name only once it is proven and on the disk.

    Of an SQLite database the pages are copied, of a PostgreSQL database the rows, both as they are at
    one moment. Refuses with SameBooks a file that the books themselves are kept in, with FileExists
    unless it may `replace`, with NotWhole when a proof fails, and with MoveFailed when it cannot be
    written; nothing is left behind then.
    """
    _require_place(path, database.engine.url, replace)
    with (
        told("The backup was not written"),
        tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.", suffix=".partial") as folder,
    ):
        partial = Path(folder, "books.db")
        figures = _write(database, partial, progress)
        make_portable(partial)
        _require_place(path, database.engine.url, replace)
        kept = Kept(str(path), partial.stat().st_size, _sha256(partial), figures)
        put_in_place(partial, path)
    return kept


def require_undamaged(path: Path) -> None:
    """Refuse with BackupDamaged a file that is no SQLite database or has broken pages."""
    with told(f"{path} cannot be read"), closing(open_for_reading(path)) as file:
        try:
            with file.reading() as reader:
                found = damages(reader.connection)
        except (DatabaseUnreachable, DBAPIError) as error:
            raise BackupDamaged(f"{path} is no backup, or not a whole one: {reason(error)}.") from error
    if found:
        raise BackupDamaged(f"{path} is damaged: {found[0]}.")


def _require_place(path: Path, books: URL, replace: bool) -> None:
    if is_part_of(path, books):
        raise SameBooks(f"{path} belongs to the books themselves; give the backup a file of its own.")
    if os.path.lexists(path) and not replace:
        raise FileExists(f"{path} exists already; --replace would put the backup in its place.")


def _write(database: Database, partial: Path, progress: Progress) -> Figures:
    # Private from its first moment: it holds names and the hashes of secrets.
    partial.touch(mode=0o600)
    if database.engine.dialect.name == "sqlite":
        return _copy_file(database, partial, progress)
    with closing(open_database(URL.create("sqlite", database=str(partial)))) as target:
        return copy_books(database, target, progress).figures


def _copy_file(database: Database, partial: Path, progress: Progress) -> Figures:
    with database.reading() as reader:
        figures, rows = proven(reader, "ledger"), count_rows(reader.connection)
        copy_pages(reader.connection, partial, progress)
    make_portable(partial)
    require_undamaged(partial)
    with closing(open_for_reading(partial)) as file, translated_errors():
        require_current(file, "backup")
        with file.reading() as reader:
            same = (proven(reader, "backup"), count_rows(reader.connection)) == (figures, rows)
    if not same:
        raise NotWhole("The figures of the backup differ from those of the books; it was not kept.")
    return figures


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
