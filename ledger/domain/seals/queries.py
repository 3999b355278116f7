"""Reads seals, and what is to be sealed next."""

from __future__ import annotations

from ledger.domain.seals import tables
from ledger.domain.seals.records import BlockRecord, SealRecord
from ledger.domain.seals.rules import BLOCK_POSTINGS, FIRST_PREVIOUS_HASH, PostingsDigest
from ledger.storage.transaction import Reader


def newest_seal(reader: Reader) -> SealRecord | None:
    """Return the head of the chain, or None when nothing has been sealed yet."""
    row = tables.select_newest_seal(reader)
    return row and SealRecord(**row._mapping)


def next_block(reader: Reader, *, settled_id: int) -> BlockRecord | None:
    """Return the next postings to seal, or None when everything up to `settled_id` is sealed.

    No posting with an id up to `settled_id` may still be under way (see `storage.settled`).
    """
    head = newest_seal(reader)
    first_id = head.to_posting_id + 1 if head else 1
    digest, last_id = PostingsDigest(), None
    for row in tables.stream_postings(reader, first_id, settled_id, BLOCK_POSTINGS):
        digest.add(row)
        last_id = row.id
    if last_id is None:
        return None
    previous_hash = head.hash if head else FIRST_PREVIOUS_HASH
    return BlockRecord(first_id, last_id, digest.count, previous_hash, digest.hash())
