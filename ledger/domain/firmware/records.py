"""What firmware hands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FileEntry:
    """One file of a release, as its manifest names it."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a release is: `mpy` is the version of the .mpy format that it was compiled to."""

    version: str
    board: str
    mpy: int
    files: tuple[FileEntry, ...]


@dataclass(frozen=True)
class ReleaseRecord:
    """A published version for one board; `terminal` is the only one that is offered it, or None for all.

    `signature` is that of the manifest, in hexadecimal; the manifest is a file like the others.
    """

    board: str
    version: str
    manifest_sha256: str
    manifest_bytes: int
    signature: str
    terminal: str | None
    published_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class FilePiece:
    """A part of a file: `content` from `offset` on, of `size_bytes` in all."""

    sha256: str
    size_bytes: int
    offset: int
    content: bytes
