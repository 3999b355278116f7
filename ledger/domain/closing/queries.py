"""Computes closing figures."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, tzinfo

from ledger.domain.books.records import AccountKind
from ledger.domain.closing import tables
from ledger.domain.closing.errors import ClosingDoesNotAddUp
from ledger.domain.closing.records import ClosingRecord, Figure, Movements, PlaceRecord
from ledger.foundation.calendar import day_bounds
from ledger.storage.transaction import Reader


def closing(reader: Reader, *, day: date, zone: tzinfo, currency: str) -> ClosingRecord:
    """Return the figures of a business day, which begins and ends at midnight in `zone`.

    What was recorded at midnight belongs to the day that begins. The opening comes from the postings of
    before, the closing from the cached balances less the postings of after, so the two meet only if
    everything in between adds up: else ClosingDoesNotAddUp refuses it. Looks at every posting of the
    ledger, whatever the day.
    """
    reader.take_time()
    begins_at, ends_at = day_bounds(day, zone)
    opening_cents = _net_cents(reader, currency, None, begins_at)
    closing_cents = tables.sum_held_now(reader, currency) - _net_cents(reader, currency, ends_at, None)
    places = _places(reader, currency, begins_at, ends_at)
    total = sum((place.movements for place in places), Movements())
    if opening_cents + total.net_cents != closing_cents:
        raise ClosingDoesNotAddUp
    held = {"opening_cents": opening_cents, "closing_cents": closing_cents}
    return ClosingRecord(day, begins_at, ends_at, currency, total=total, places=tuple(places), **held)


def _net_cents(reader: Reader, currency: str, since: datetime | None, before: datetime | None) -> int:
    rows = tables.select_movements(reader, currency, since, before)
    return sum(int(row.cents) if row.is_credit else -int(row.cents) for row in rows)


def _places(reader: Reader, currency: str, since: datetime, before: datetime) -> list[PlaceRecord]:
    moved: dict[tuple[str, str], Movements] = defaultdict(Movements)
    for row in tables.select_movements(reader, currency, since, before):
        kind, _, owner = row.account.partition(":")
        # A terminal's sales and the cash in its box are two accounts of one place.
        place = ("till" if kind == AccountKind.TILL else "terminal", owner)
        moved[place] += _movements(row.is_credit, row.is_reversal, Figure(row.times, int(row.cents)))
    return [PlaceRecord(*place, moved[place]) for place in sorted(moved)]


def _movements(is_credit: bool, is_reversal: bool, figure: Figure) -> Movements:
    if is_reversal:
        return Movements(reversed_sales=figure) if is_credit else Movements(reversed_top_ups=figure)
    return Movements(top_ups=figure) if is_credit else Movements(sales=figure)
