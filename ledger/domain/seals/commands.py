"""Appends seals to the chain."""

from __future__ import annotations

from ledger.domain.seals import tables
from ledger.domain.seals.errors import SealOutrun
from ledger.domain.seals.queries import newest_seal
from ledger.domain.seals.records import BlockRecord, SealRecord
from ledger.domain.seals.rules import FIRST_PREVIOUS_HASH, seal_hash
from ledger.foundation.permissions import Permission
from ledger.storage.answers import plain
from ledger.storage.command import command
from ledger.storage.transaction import Transaction


@command("seals.append", answers=SealRecord)
def append_seal(tx: Transaction, *, block: BlockRecord) -> SealRecord:
    """Seal a block of settled postings, as `queries.next_block` has hashed it, behind the newest seal.

    Needs HISTORY_SEAL. Refuses with SealOutrun when the chain has grown since the block was hashed.
    """
    tx.actor.require(Permission.HISTORY_SEAL)
    head = newest_seal(tx)
    if block.previous_hash != (head.hash if head else FIRST_PREVIOUS_HASH):
        raise SealOutrun
    values = {name: value for name, value in vars(block).items() if name != "postings_hash"}
    seal = SealRecord(**values, hash=seal_hash(block, tx.now), sealed_at=tx.now)
    if tables.insert_seal(tx, **vars(seal)) is None:
        raise SealOutrun
    tx.record("history.sealed", **plain(seal))
    return seal
