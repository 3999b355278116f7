"""What a proof of the books came to, and the proof that the plumbing itself holds (W5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Executable, func, or_, select

from ledger.storage.tables import AuditLog, IdempotencyKey
from ledger.storage.transaction import Reader, Row


@dataclass(frozen=True)
class Proof:
    """One invariant of DOMAIN.md §6, how many rows were looked at, and what contradicts it."""

    invariant: str
    promise: str
    checked: int
    findings: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Say whether nothing contradicts the invariant."""
        return not self.findings


def findings(reader: Reader, contradiction: Executable, sentence: str) -> list[str]:
    """Return a sentence for each row that contradicts an invariant, filled with the row's columns."""
    rows: Sequence[Row] = reader.all(contradiction)
    return [sentence.format(**row._mapping) for row in rows]


def prove_keys(reader: Reader) -> Proof:
    """W5: an actor's idempotency key started at most one command, and that command is its own."""
    key, log = IdempotencyKey, AuditLog
    twice = select(key.scope, key.key).group_by(key.scope, key.key).having(func.count() > 1)
    shared = select(key.command_id).where(key.fingerprint.is_not(None)).group_by(key.command_id)
    scope = log.actor_kind + ":" + log.actor_name
    strays = (
        select(key.scope, key.key)
        .join(log, log.id == key.command_id, isouter=True)
        .where(or_(log.id.is_(None), scope != key.scope))
    )
    contradictions = [
        *findings(reader, twice, "the key {key} of {scope} is stored twice"),
        *findings(reader, shared.having(func.count() > 1), "two keys claim command {command_id}"),
        *findings(reader, strays, "the key {key} of {scope} points to no command of its owner"),
    ]
    checked = reader.scalar(select(func.count()).select_from(key))
    return Proof(
        "W5", "An idempotency key books at most once, for its owner alone", checked, tuple(contradictions)
    )
