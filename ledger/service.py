"""The ledger as a whole, for every door: read a query, run a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ledger.foundation.actor import Actor
from ledger.foundation.clock import Clock, SystemClock
from ledger.foundation.ids import Ids
from ledger.settings import Settings
from ledger.storage.command import Command
from ledger.storage.database import Database, translated_errors
from ledger.storage.runner import Outcome, Runner
from ledger.storage.schema import require_current

Answer = TypeVar("Answer")


class Ledger:
    """One process's hold on the books."""

    def __init__(
        self, database: Database, settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None
    ) -> None:
        self.database = database
        self.settings = settings
        self.clock = clock or SystemClock()
        self._runner = Runner(database, clock=self.clock, ids=ids or Ids())

    def read(self, query: Callable[..., Answer], **arguments: Any) -> Answer:
        """Run a query on one unchanging state of the books."""
        with self.database.reading() as reader:
            return query(reader, **arguments)

    def run(
        self,
        command: Command[Answer],
        *,
        actor: Actor,
        key: str | None = None,
        dry_run: bool = False,
        **arguments: Any,
    ) -> Outcome[Answer]:
        """Run a command; see `storage.runner.Runner.run`."""
        return self._runner.run(command, actor=actor, key=key, dry_run=dry_run, **arguments)

    def require_current_schema(self) -> None:
        """Refuse with SchemaOutdated unless `tapledger db upgrade` has been run."""
        with translated_errors():
            require_current(self.database.engine)
