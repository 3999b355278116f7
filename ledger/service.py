"""The ledger as a whole, for every door: read a query, run a command."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from ledger.foundation.clock import Clock, SystemClock
from ledger.foundation.ids import Ids
from ledger.foundation.recent import Recent
from ledger.settings import Settings
from ledger.storage.command import Command, Outcome
from ledger.storage.database import Database, translated_errors
from ledger.storage.runner import Runner
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
        self.recent = Recent()
        self.ids = ids or Ids()
        self.runner = Runner(database, clock=self.clock, ids=self.ids)

    def read(self, query: Callable[..., Answer], **arguments: Any) -> Answer:
        """Run a query on one unchanging state of the books."""
        with self.database.reading() as reader:
            return query(reader, **arguments)

    def recently(self, key: Hashable, query: Callable[..., Answer], **arguments: Any) -> Answer:
        """Run a query, or return what it answered for this key less than a second ago in this process.

        Only for what the command that follows finds out again; any other command forgets it all.
        """
        return self.recent.get(key, self.clock.now(), lambda: self.read(query, **arguments))

    def is_recent(self, key: Hashable) -> bool:
        """Say whether `recently` would answer for this key without running its query."""
        return self.recent.has(key, self.clock.now())

    def run(self, command: Command[Answer], **asked: Any) -> Outcome[Answer]:
        """Run a command; see `storage.runner.Runner.run` for what it is asked and what it promises."""
        return self.runner.run(command, **asked)

    def require_current_schema(self) -> None:
        """Refuse with SchemaOutdated unless `tapledger db upgrade` has been run."""
        with translated_errors():
            require_current(self.database.engine)
