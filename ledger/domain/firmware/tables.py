"""Tables of firmware: releases and their files; and every statement on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Select, String, UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from ledger.domain.devices.tables import Terminal
from ledger.storage.columns import Base
from ledger.storage.tables import insert_if_absent_of
from ledger.storage.transaction import Reader, Row, Transaction


class FirmwareFile(Base):
    """A file of one or more releases, once for each content; manifests are files, too."""

    __tablename__ = "firmware_files"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FirmwareRelease(Base):
    """A version of the firmware for one board; without a terminal it is offered to all."""

    __tablename__ = "firmware_releases"
    __table_args__ = (UniqueConstraint("board", "version"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    board: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(32))
    manifest_id: Mapped[int] = mapped_column(ForeignKey("firmware_files.id"))
    signature: Mapped[str] = mapped_column(String(512))
    terminal_id: Mapped[int | None] = mapped_column(ForeignKey("terminals.id"))
    published_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


RELEASE_COLUMNS = (
    FirmwareRelease.board,
    FirmwareRelease.version,
    FirmwareFile.sha256,
    FirmwareFile.content,
    FirmwareRelease.signature,
    Terminal.slug,
    FirmwareRelease.published_at,
    FirmwareRelease.withdrawn_at,
)
_INSERT_FILE = insert_if_absent_of(FirmwareFile)
_INSERT_RELEASE = insert_if_absent_of(FirmwareRelease)


def insert_file(tx: Transaction, sha256: str, content: bytes) -> int:
    """Keep a file, unless it is kept already; return its id."""
    made = tx.scalar(_INSERT_FILE, sha256=sha256, content=content)
    return made or tx.scalar(select(FirmwareFile.id).where(FirmwareFile.sha256 == sha256))


def insert_release(tx: Transaction, **values: object) -> int | None:
    """Insert a release and return its id, or None when there is one of that board and version."""
    return tx.scalar(_INSERT_RELEASE, published_at=tx.now, withdrawn_at=None, **values)


def change_release(tx: Transaction, board: str, version: str, **values: object) -> None:
    """Change whom a release is offered to."""
    named = (FirmwareRelease.board == board, FirmwareRelease.version == version)
    tx.execute(update(FirmwareRelease).where(*named).values(**values))


def select_release(reader: Reader, board: str, version: str) -> Row | None:
    """Return a release by board and version."""
    named = (FirmwareRelease.board == board, FirmwareRelease.version == version)
    return reader.one(_releases().where(*named))


def select_releases(reader: Reader) -> Sequence[Row]:
    """Return every release, in the order of board and publication."""
    return reader.all(_releases().order_by(FirmwareRelease.board, FirmwareRelease.id))


def select_offered(reader: Reader, board: str, terminal_id: int) -> Sequence[Row]:
    """Return the releases for a board that a terminal may be offered."""
    audience = or_(FirmwareRelease.terminal_id.is_(None), FirmwareRelease.terminal_id == terminal_id)
    offered = (FirmwareRelease.board == board, FirmwareRelease.withdrawn_at.is_(None), audience)
    return reader.all(_releases().where(*offered))


def select_file(reader: Reader, sha256: str) -> bytes | None:
    """Return the content of a file."""
    return reader.scalar(select(FirmwareFile.content).where(FirmwareFile.sha256 == sha256))


def _releases() -> Select:
    joined = select(*RELEASE_COLUMNS).join(FirmwareFile, FirmwareFile.id == FirmwareRelease.manifest_id)
    return joined.join(Terminal, Terminal.id == FirmwareRelease.terminal_id, isouter=True)
