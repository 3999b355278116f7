"""Proves the chain of seals against the postings of today (W2 of DOMAIN.md §6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.domain.books.tables import Posting
from ledger.domain.seals import tables
from ledger.domain.seals.records import BlockRecord, SealRecord
from ledger.domain.seals.rules import FIRST_PREVIOUS_HASH, PostingsDigest, seal_hash
from ledger.storage.columns import Base
from ledger.storage.proof import Inspection, Look, Span
from ledger.storage.transaction import Reader, Row

_SEALS_AT_A_TIME = 1_000


class SealsInspected(Inspection):
    """W2: each seal is what comes out today, and each exported seal is found in the chain.

    `exported` are seals that were kept elsewhere, oldest range first: who rewrites postings and seals
    alike cannot rewrite them.
    """

    invariant = "W2"
    promise = "Postings are only ever added"
    counts = Posting

    def __init__(self, exported: Sequence[SealRecord] = ()) -> None:
        self._exported = list(exported)
        self._agreed_id = 0
        self._ahead: list[SealRecord] = []
        self._has_more = True
        self._previous: SealRecord | None = None
        self._digest = PostingsDigest()

    def looks(self) -> dict[type[Base], Look]:
        """Hash the postings of a range again, seal by seal."""
        return {Posting: self._look}

    def _look(self, reader: Reader, span: Span) -> Iterator[str]:
        if self._seal(reader) is None:
            return
        for row in tables.stream_postings(reader, span.first, span.last, span.rows):
            yield from self._pass(reader, row)

    def conclude(self, reader: Reader) -> Iterator[str]:
        """Close the last seal; what was exported and has not been met by now is not there."""
        while self._seal(reader) is not None:
            yield from self._close()
        while self._exported:
            yield self._differs(self._exported.pop(0))

    def _pass(self, reader: Reader, row: Row) -> Iterator[str]:
        seal = self._seal(reader)
        while seal is not None and row.id > seal.to_posting_id:
            yield from self._close()
            seal = self._seal(reader)
        if seal is not None and row.id < seal.from_posting_id:
            yield f"{row.code} stands where nothing was sealed"
        elif seal is not None:
            self._digest.add(row)

    def _seal(self, reader: Reader) -> SealRecord | None:
        if not self._ahead and self._has_more:
            after = self._previous.to_posting_id if self._previous else 0
            rows = tables.select_seals_after(reader, after, _SEALS_AT_A_TIME)
            self._ahead = [SealRecord(**row._mapping) for row in rows]
            self._has_more = len(rows) == _SEALS_AT_A_TIME
        return self._ahead[0] if self._ahead else None

    def _close(self) -> Iterator[str]:
        seal, previous, digest = self._ahead.pop(0), self._previous, self._digest
        self._previous, self._digest = seal, PostingsDigest()
        first_id = previous.to_posting_id + 1 if previous else 1
        previous_hash = previous.hash if previous else FIRST_PREVIOUS_HASH
        bounds = (seal.from_posting_id, seal.to_posting_id)
        if (seal.from_posting_id, seal.previous_hash) != (first_id, previous_hash):
            yield f"the seal of postings {bounds[0]} to {bounds[1]} does not follow the one before it"
        today = BlockRecord(*bounds, digest.count, seal.previous_hash, digest.hash())
        if seal_hash(today, seal.sealed_at) != seal.hash:
            yield f"postings {bounds[0]} to {bounds[1]} are not those that were sealed"
        yield from self._compare(seal)

    def _compare(self, seal: SealRecord) -> Iterator[str]:
        while self._exported and self._exported[0].to_posting_id <= seal.to_posting_id:
            exported = self._exported.pop(0)
            if exported == seal:
                self._agreed_id = seal.to_posting_id
            else:
                yield self._differs(exported)

    def _differs(self, exported: SealRecord) -> str:
        moment = exported.sealed_at.isoformat(timespec="seconds")
        rewritten = f"postings {self._agreed_id + 1} to {exported.to_posting_id}"
        return f"{rewritten} are not those of the seal that was exported at {moment}"
