"""What a query and a command hold in their hands: the reader and the transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, Row

from ledger.foundation.actor import Actor
from ledger.foundation.ids import Ids
from ledger.storage.keys import require_key
from ledger.storage.tables import IdempotencyKey, find_key, insert_if_absent, lift_statement_timeout

__all__ = ["Reader", "Row", "Transaction"]

# How many rows of a stream are fetched at once.
STREAMED_ROWS = 1_000


class Reader:
    """Executes statements inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def one(self, statement: Executable) -> Row | None:
        """Execute a statement and return its first row, or None."""
        return self.connection.execute(statement).first()

    def all(self, statement: Executable) -> Sequence[Row]:
        """Execute a statement and return every row."""
        return self.connection.execute(statement).all()

    def stream(self, statement: Executable) -> Iterator[Row]:
        """Execute a statement and yield its rows, of which only some are in memory at a time."""
        return iter(self.connection.execute(statement, execution_options={"yield_per": STREAMED_ROWS}))

    def scalar(self, statement: Executable) -> Any:
        """Execute a statement and return the first column of its first row, or None."""
        return self.connection.execute(statement).scalar()

    def take_time(self) -> None:
        """Let the statements that follow run as long as they need: a proof looks at every row there is."""
        lift_statement_timeout(self.connection)


class Transaction(Reader):
    """One command's work: all of it is committed together, or nothing is.

    `command_id` is the row of the audit trail that everything written points back to; `now` stands
    still for the whole command; `ids` is the only source of randomness.
    """

    def __init__(
        self, connection: Connection, *, actor: Actor, ids: Ids, now: datetime, command_id: int
    ) -> None:
        super().__init__(connection)
        self.actor = actor
        self.ids = ids
        self.now = now
        self.command_id = command_id
        self.events: list[tuple[str, dict[str, Any]]] = []

    def execute(self, statement: Executable, values: Any = None) -> None:
        """Execute a statement that returns nothing."""
        self.connection.execute(statement, values)

    def insert_if_absent(self, table: Any, **values: Any) -> int | None:
        """Insert a row and return its id, or None when a unique constraint already holds such a row."""
        return insert_if_absent(self.connection, table, values)

    def record(self, event: str, **payload: Any) -> None:
        """Put an event into the outbox, in the same commit as what it speaks of."""
        self.events.append((event, payload))

    def void_key(self, key: str) -> int | None:
        """Make sure that the actor's `key` can never start a command from now on.

        Returns the id of the command that the key has already started, or None when it has started
        none: then it is voided, and a late request with it is refused with KeyVoided. Refuses with
        InvalidKey what can be no key.
        """
        values = {
            "scope": self.actor.scope,
            "key": require_key(key),
            "command_id": self.command_id,
            "recorded_at": self.now,
        }
        if self.insert_if_absent(IdempotencyKey, **values) is not None:
            return None
        used = find_key(self.connection, self.actor.scope, key)
        return used.command_id if used.fingerprint is not None else None
