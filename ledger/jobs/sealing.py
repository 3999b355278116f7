"""Seals history: hashes what was committed since the newest seal, outside every request."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.domain.books.queries import settled_posting_id
from ledger.domain.seals.commands import append_seal
from ledger.domain.seals.queries import next_block
from ledger.domain.seals.records import SealRecord
from ledger.foundation.actor import Actor
from ledger.foundation.progress import Progress, quietly
from ledger.service import Ledger


def seal_history(ledger: Ledger, *, actor: Actor, progress: Progress = quietly) -> Iterator[SealRecord]:
    """Seal every settled posting in blocks, and yield each seal when it is committed.

    A block is hashed in a read that nobody waits for; only its one row is written. A scheduler may call
    this at any time and on any node. Refuses with HistoryUnsettled while somebody writes for seconds,
    and with SealOutrun when two seal at the same moment; what has been sealed until then stays.
    """
    settled_id = settled_posting_id(ledger.database)
    while settled_id is not None and (block := ledger.read(next_block, settled_id=settled_id)):
        seal = ledger.run(append_seal, actor=actor, block=block).answer
        progress("seal", seal.to_posting_id, settled_id)
        yield seal
