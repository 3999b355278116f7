"""How a proof walks through the books: by ranges of ids, in one pass and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, Select, func, inspect, select

from ledger.foundation.progress import Progress, quietly
from ledger.storage.columns import Base
from ledger.storage.transaction import Reader

# Large enough that a range's statements cost little beside its rows, small enough to be held in memory.
SPAN_ROWS = 10_000
# So many contradictions of an invariant are told in full; the others are counted.
FINDINGS_SHOWN = 20


@dataclass(frozen=True)
class Proof:
    """One invariant of DOMAIN.md §6, how many rows were looked at, and what contradicts it.

    `findings` are the first contradictions, `more` says how many there are besides them.
    """

    invariant: str
    promise: str
    checked: int
    findings: tuple[str, ...]
    more: int = 0

    @property
    def holds(self) -> bool:
        """Say whether nothing contradicts the invariant."""
        return not self.findings


@dataclass(frozen=True)
class Span:
    """The rows of a table whose ids lie from `first` to `last`, both included; there are `rows` of them."""

    first: int
    last: int
    rows: int

    def holds(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the condition that a column's value lies in this range."""
        return column.between(self.first, self.last)


Look = Callable[[Reader, Span], Iterable[str]]


class Inspection:
    """One invariant's part in the walk: what it looks at, and a sentence for each contradiction.

    An inspection is used for one walk; what it has to remember between two ranges stays in it.
    """

    invariant: str
    promise: str
    # The table whose rows are counted as checked.
    counts: type[Base]

    def looks(self) -> dict[type[Base], Look]:
        """Return how each range of a table is looked at, for the tables that matter to the invariant."""
        raise NotImplementedError

    def conclude(self, reader: Reader) -> Iterable[str]:
        """Yield what can only be said at the end."""
        return ()


class _Tally:
    """What one invariant has come to so far."""

    def __init__(self, inspection: Inspection) -> None:
        self.inspection = inspection
        self.looks = inspection.looks()
        self._checked = 0
        self._shown: list[str] = []
        self._found = 0

    def look(self, reader: Reader, table: type[Base], span: Span) -> None:
        if table is self.inspection.counts:
            self._checked += span.rows
        if table in self.looks:
            self.add(self.looks[table](reader, span))

    def add(self, contradictions: Iterable[str]) -> None:
        contradictions = iter(contradictions)
        told = list(islice(contradictions, FINDINGS_SHOWN - len(self._shown)))
        self._shown += told
        self._found += len(told) + sum(1 for _ in contradictions)

    def proof(self) -> Proof:
        said = (self.inspection.invariant, self.inspection.promise)
        return Proof(*said, self._checked, tuple(self._shown), self._found - len(self._shown))


def walk(reader: Reader, inspections: Sequence[Inspection], progress: Progress = quietly) -> list[Proof]:
    """Pass once over every table that matters and return what each inspection has found.

    Ranges of a table are shown to all inspections before the next range is, so each page is read once.
    Memory is bounded by a range, whatever the size of the books; tables come in the order in which
    the inspections name them. `progress` is told after each range how many ids have been passed.
    """
    tallies = [_Tally(inspection) for inspection in inspections]
    tables = list(dict.fromkeys(table for tally in tallies for table in tally.looks))
    sizes = {table: reader.scalar(select(func.max(_key(table)))) or 0 for table in tables}
    passed, total = 0, sum(sizes.values())
    for table in tables:
        for span in _spans(reader, _key(table)):
            for tally in tallies:
                tally.look(reader, table, span)
            progress("audit", passed + span.last, total)
        passed += sizes[table]
    for tally in tallies:
        tally.add(tally.inspection.conclude(reader))
    return [tally.proof() for tally in tallies]


def contradictions(reader: Reader, contradiction: Select, sentence: str) -> Iterator[str]:
    """Yield a sentence for each row that contradicts an invariant, filled with the row's columns."""
    for row in reader.stream(contradiction):
        yield sentence.format(**row._mapping)


def _key(table: type[Base]) -> ColumnElement[int]:
    return inspect(table).primary_key[0]


def _spans(reader: Reader, key: ColumnElement[int]) -> Iterator[Span]:
    # No id is taken for the lowest: a row with a forged one is looked at as well.
    rest = select(key.label("id"))
    while True:
        ahead = rest.order_by(key).limit(SPAN_ROWS).subquery()
        first, last, rows = reader.one(select(func.min(ahead.c.id), func.max(ahead.c.id), func.count()))
        if not rows:
            return
        yield Span(first, last, rows)
        rest = select(key.label("id")).where(key > last)
