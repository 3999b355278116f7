"""What the commands of a group write, kept back until all of them have been decided."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Dialect

from ledger.storage.bulk import Bulk

Written = tuple[Bulk, dict[str, Any]]


class NotGathered(Exception):
    """A command of a group wants something else than to add rows or to change what was foreseen.

    It has to be run by itself.
    """


class Gathering:
    """Rows to be added, in their order, and rows to be changed, of which the last state is written.

    `foreseen` is what the group's commands will ask for, read for all of them together; what a command
    changes of it, the next one sees.
    """

    def __init__(self, foreseen: dict[Hashable, Any]) -> None:
        self._foreseen = foreseen
        self._added: list[Written] = []
        self._changed: dict[Hashable, Written] = {}
        self._undone: list[tuple[Hashable, Any, Written | None]] = []

    def add(self, bulk: Bulk, row: dict[str, Any]) -> None:
        """Keep a new row."""
        self._added.append((bulk, row))

    def change(self, key: Hashable, state: Any, bulk: Bulk, row: dict[str, Any]) -> None:
        """Keep the new state of what was foreseen as `key`, and the row that writes it."""
        self._undone.append((key, self._foreseen[key], self._changed.get(key)))
        self._foreseen[key] = state
        self._changed[key] = bulk, row

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Forget what is kept inside, and only that, when an exception passes."""
        mark = len(self._added)
        self._undone.clear()
        try:
            yield
        except Exception:
            del self._added[mark:]
            self._undo()
            raise

    def write(self, driver: Any, dialect: Dialect) -> None:
        """Write what was kept: the new rows of each sort together, then the changes."""
        by_bulk: dict[Bulk, list[dict[str, Any]]] = {}
        for bulk, row in (*self._added, *self._changed.values()):
            by_bulk.setdefault(bulk, []).append(row)
        for bulk, rows in by_bulk.items():
            bulk.write(driver, dialect, rows)

    def _undo(self) -> None:
        for key, state, written in reversed(self._undone):
            self._foreseen[key] = state
            if written is None:
                del self._changed[key]
            else:
                self._changed[key] = written
