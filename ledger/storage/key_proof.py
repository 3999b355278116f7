"""The proof that the plumbing itself holds: idempotency keys (W5)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, or_, select

from ledger.storage.columns import Base
from ledger.storage.proof import Inspection, Look, Span, contradictions
from ledger.storage.tables import AuditLog, IdempotencyKey
from ledger.storage.transaction import Reader


class KeysInspected(Inspection):
    """W5: an actor's idempotency key started at most one command, and that command is its own."""

    invariant = "W5"
    promise = "An idempotency key books at most once, for its owner alone"
    counts = IdempotencyKey

    def looks(self) -> dict[type[Base], Look]:
        """Look at each key beside its command."""
        return {IdempotencyKey: self._strays}

    def _strays(self, reader: Reader, span: Span) -> Iterator[str]:
        key, log = IdempotencyKey, AuditLog
        scope = log.actor_kind + ":" + log.actor_name
        strays = (
            select(key.scope, key.key)
            .join(log, log.id == key.command_id, isouter=True)
            .where(span.holds(key.id), or_(log.id.is_(None), scope != key.scope))
        )
        return contradictions(reader, strays, "the key {key} of {scope} points to no command of its owner")

    def conclude(self, reader: Reader) -> Iterator[str]:
        """Look for what is there twice: the database sorts, on its disk where its memory ends."""
        key = IdempotencyKey
        twice = select(key.scope, key.key).group_by(key.scope, key.key).having(func.count() > 1)
        yield from contradictions(reader, twice, "the key {key} of {scope} is stored twice")
        shared = select(key.command_id).where(key.fingerprint.is_not(None)).group_by(key.command_id)
        claimed = shared.having(func.count() > 1)
        yield from contradictions(reader, claimed, "two keys claim command {command_id}")
