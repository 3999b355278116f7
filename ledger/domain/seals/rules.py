"""What a seal is computed from, byte by byte.

A posting's line is a JSON array of the values of POSTING_FIELDS in this order, without spaces, in UTF-8,
ended by one newline. Strings are escaped as RFC 8785 says (only the quotation mark, the backslash and
control characters), what is absent is null, and a time is `2026-11-21T09:42:00.000000+00:00`: UTC with
six digits. The hash of a block's postings is the SHA-256 of their lines in the order of their ids. A
seal's hash is the SHA-256 of a last such line: previous hash, first and last id of the range, number of
postings, hash of the postings, time of sealing. Hashes are written in 64 small hexadecimal digits; the
first seal's previous hash is 64 zeros.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from ledger.domain.seals.errors import InvalidSeal
from ledger.domain.seals.records import BlockRecord, SealRecord
from ledger.storage.answers import plain, restore

FIRST_PREVIOUS_HASH = "0" * 64
# A block is hashed in one short read and leaves one row; what it cannot take is the next one's.
BLOCK_POSTINGS = 10_000
POSTING_FIELDS = (
    "id",
    "code",
    "source_id",
    "destination_id",
    "amount_cents",
    "kind",
    "description",
    "tag",
    "terminal_id",
    "reverses_id",
    "command_id",
    "recorded_at",
)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class PostingsDigest:
    """The hash of a block's postings, fed in the order of their ids."""

    def __init__(self) -> None:
        self.count = 0
        self._hash = hashlib.sha256()

    def add(self, values: Iterable[object]) -> None:
        """Add a posting: the values of POSTING_FIELDS, in this order."""
        *before, recorded_at = values
        self._hash.update(_line([*before, _time(recorded_at)]))
        self.count += 1

    def hash(self) -> str:
        """Return the hash of what has been added."""
        return self._hash.hexdigest()


def seal_hash(block: BlockRecord, sealed_at: datetime) -> str:
    """Return the hash that seals a block behind all that was sealed before it."""
    bounds = (block.previous_hash, block.from_posting_id, block.to_posting_id, block.posting_count)
    return hashlib.sha256(_line([*bounds, block.postings_hash, _time(sealed_at)])).hexdigest()


def export_line(seal: SealRecord) -> str:
    """Write a seal as one line of JSON."""
    return json.dumps(plain(seal))


def exported_seals(text: str) -> list[SealRecord]:
    """Read exported seals, oldest range first; refuses with InvalidSeal."""
    try:
        seals = [_exported(json.loads(line)) for line in text.splitlines() if line.strip()]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidSeal from error
    if not seals:
        raise InvalidSeal
    return sorted(seals, key=lambda seal: seal.to_posting_id)


def _exported(values: dict[str, object]) -> SealRecord:
    seal = restore(SealRecord, values)
    if seal.sealed_at.tzinfo is None or not 0 < seal.from_posting_id <= seal.to_posting_id:
        raise InvalidSeal
    return seal


def _line(values: list[object]) -> bytes:
    return _encode(values).encode() + b"\n"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
