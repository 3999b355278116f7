"""Copies the books from one database into another, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from ledger.domain.audit.records import Figures
from ledger.foundation.progress import Progress
from ledger.moving.errors import NotWhole
from ledger.moving.sides import (
    prepare_target,
    proven,
    require_alone,
    require_current,
    require_file,
    require_other,
    told,
)
from ledger.storage.copying import (
    close_to_writers,
    copy_rows,
    count_rows,
    read_contents,
    take_hours,
)
from ledger.storage.database import Database, translated_errors
from ledger.storage.transaction import Reader
from ledger.tables import storage

COMMANDS = storage.AuditLog.__tablename__


@dataclass(frozen=True)
class Copied:
    """What a copy came to; `commands_meanwhile` were run in the source after the copied moment."""

    tables: int
    rows: int
    figures: Figures
    commands_meanwhile: int


def copy_books(source: Database, target: Database, progress: Progress) -> Copied:
    """Copy all books as they are at one moment, prove both sides, and only then commit.

    Any size in bounded memory. Every row is read back and compared before the commit. Refuses with
    BooksMissing, SameBooks, SchemaDiffers, TargetNotEmpty, TargetInUse, NotWhole when a proof fails on
    either side, and with MoveFailed when a side cannot be read or written: the target then holds no row.
    """
    require_file(source.engine.url)
    require_other(source.engine.url, target.engine.url)
    with told("The source cannot be read"), translated_errors():
        require_current(source, "source")
    with told("The target cannot be written"), translated_errors():
        prepare_target(target)
    with told("The copy broke off and nothing of it was kept"), translated_errors():
        with source.reading() as reader, target.writing() as connection:
            rows, figures = _copy(reader, connection, progress)
        commands_meanwhile = _commands(source) - rows[COMMANDS]
    return Copied(len(rows), sum(rows.values()), figures, commands_meanwhile)


def _commands(source: Database) -> int:
    with source.reading() as reader:
        return count_rows(reader.connection)[COMMANDS]


def _copy(reader: Reader, target: Connection, progress: Progress) -> tuple[dict[str, int], Figures]:
    take_hours(reader.connection)
    take_hours(target)
    close_to_writers(target)
    require_alone(reader.connection, target)
    figures = proven(reader, "source")
    copied = copy_rows(reader.connection, target, progress)
    arrived = read_contents(target, progress)
    changed = [name for name in copied if copied[name] != arrived[name]]
    if changed:
        raise NotWhole(f"{changed[0]} did not arrive as it was sent; nothing of the copy was kept.")
    if proven(Reader(target), "copy") != figures:
        raise NotWhole("The figures of the copy differ from the source's; nothing of the copy was kept.")
    return {name: content.rows for name, content in copied.items()}, figures
