"""Brings books back from a backup, into a new database of either kind."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from ledger.foundation.progress import Progress
from ledger.moving.backup import require_undamaged
from ledger.moving.copy import Copied, copy_books
from ledger.moving.errors import BooksMissing, SameBooks
from ledger.moving.sides import told
from ledger.storage.database import Database, open_database, translated_errors
from ledger.storage.files import is_part_of, open_for_reading
from ledger.storage.schema import newest, revision, upgrade


def restore(path: Path, target: Database, progress: Progress) -> Copied:
    """Bring the books of a backup into an empty database, proven as `copy_books` proves them.

    The backup of an older version is upgraded on the way, in a copy of its own: the file itself is
    never changed. Refuses with BooksMissing, SameBooks, BackupDamaged, with SchemaOutdated when it is
    of a newer version, and as `copy_books` does.
    """
    if not path.is_file():
        raise BooksMissing(f"There is no file {path}.")
    if is_part_of(path, target.engine.url):
        raise SameBooks(f"{path} belongs to the database that it is to be brought into.")
    require_undamaged(path)
    with closing(open_for_reading(path)) as file:
        with told(f"{path} cannot be read"), translated_errors():
            found = revision(file.engine)
        if found in (None, newest()):
            return copy_books(file, target, progress)
    return _restore_older(path, target, progress)


def _restore_older(path: Path, target: Database, progress: Progress) -> Copied:
    with tempfile.TemporaryDirectory() as folder, told("The backup cannot be upgraded"):
        upgraded = Path(folder, "books.db")
        shutil.copyfile(path, upgraded)
        with closing(open_database(URL.create("sqlite", database=str(upgraded)))) as file:
            with translated_errors():
                upgrade(file.engine)
            return copy_books(file, target, progress)
