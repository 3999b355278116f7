"""What a command holds in its hands: a reader that writes, too."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Any

from ledger.foundation.actor import Actor
from ledger.foundation.ids import Ids
from ledger.storage.bulk import Bulk
from ledger.storage.keys import require_key
from ledger.storage.prepared import Prepared
from ledger.storage.reader import Reader, Row, Statement
from ledger.storage.tables import find_key, insert_key

__all__ = ["Reader", "Row", "Transaction"]


class Transaction(Reader):
    """One command's work: all of it is committed together, or nothing is.

    `command_id` is the row of the audit trail that everything written points back to; `now` stands
    still for the whole command; `ids` is the only source of randomness.
    """

    def __init__(self, reader: Reader, *, actor: Actor, ids: Ids, now: datetime, command_id: int) -> None:
        # The same hands: what the group's reader knows and keeps back, each of its commands does.
        vars(self).update(vars(reader))
        self.actor = actor
        self.ids = ids
        self.now = now
        self.command_id = command_id
        self.events: list[tuple[str, dict[str, Any]]] = []

    def execute(self, statement: Statement, **values: Any) -> None:
        """Execute a statement that returns nothing; raises NotGathered where only appending is possible."""
        self._refuse_in_group()
        if isinstance(statement, Prepared):
            self._run(statement, values)
        else:
            self.connection.execute(statement, values)

    @property
    def gathers(self) -> bool:
        """Say whether what is appended is written later, with the rows of the others in the group."""
        return self._gathering is not None

    def change(self, key: Hashable, state: Any, bulk: Bulk, **values: Any) -> None:
        """Give what was foreseen as `key` a new state; the group writes the row of the last one."""
        if self._gathering is None:
            raise LookupError(f"{key} is foreseen only in a group")
        self._gathering.change(key, state, bulk, values)

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
        if insert_key(self, **values) is not None:
            return None
        used = find_key(self, self.actor.scope, key)
        return used.command_id if used.fingerprint is not None else None
