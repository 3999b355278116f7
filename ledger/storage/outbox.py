"""Reads the outbox: what has happened and has not been delivered yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.storage.tables import count_undelivered, oldest_undelivered
from ledger.storage.transaction import Reader

# Beyond it the number changes no decision, and counting on would cost more with each event.
MOST_COUNTED = 100_000


@dataclass(frozen=True)
class OutboxState:
    """How many events wait, counted up to `most`, and since when the oldest does."""

    length: int
    most: int
    oldest_at: datetime | None


def outbox(reader: Reader) -> OutboxState:
    """Return how much waits in the outbox."""
    length = count_undelivered(reader, MOST_COUNTED)
    return OutboxState(length, MOST_COUNTED, oldest_undelivered(reader))
