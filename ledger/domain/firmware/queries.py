"""Reads what is published, and what one terminal is offered of it."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.domain.firmware import tables
from ledger.domain.firmware.errors import FirmwareFileUnknown
from ledger.domain.firmware.records import FilePiece, ReleaseRecord
from ledger.domain.firmware.rules import PIECE_BYTES, newest, number_of
from ledger.foundation.text import is_storable
from ledger.storage.transaction import Reader


def releases(reader: Reader) -> list[ReleaseRecord]:
    """Return every release, withdrawn ones as well, by board and in the order of their publication."""
    return [record_of(row) for row in tables.select_releases(reader)]


def offered(reader: Reader, *, terminal_id: int, board: str, version: str) -> ReleaseRecord | None:
    """Return the newest release that a terminal with this board and version should take, or None.

    Refuses with InvalidRelease what is no version.
    """
    number_of(version)
    known = tables.select_offered(reader, board, terminal_id) if is_storable(board) else ()
    return newest([record_of(row) for row in known], version)


def file_piece(reader: Reader, *, sha256: str, offset: int) -> FilePiece:
    """Return up to PIECE_BYTES of a file, none behind its end; refuses with FirmwareFileUnknown."""
    content = tables.select_file(reader, sha256) if is_storable(sha256) else None
    if content is None:
        raise FirmwareFileUnknown
    return FilePiece(sha256, len(content), offset, content[offset : offset + PIECE_BYTES])


def record_of(row: Sequence) -> ReleaseRecord:
    """Return a release's row as what is handed out."""
    board, version, sha256, manifest, *rest = row
    return ReleaseRecord(board, version, sha256, len(manifest), *rest)
