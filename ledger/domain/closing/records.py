"""What a closing hands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Figure:
    """So many movements, and what they come to in cents, never negative."""

    count: int = 0
    amount_cents: int = 0

    def __add__(self, other: Figure) -> Figure:
        """Return both together."""
        return Figure(self.count + other.count, self.amount_cents + other.amount_cents)


@dataclass(frozen=True)
class Movements:
    """What moved between wallets and one place, or all of them.

    Top-ups came into wallets and sales left them; a reversed sale came back, a reversed top-up was
    taken back.
    """

    top_ups: Figure = Figure()
    sales: Figure = Figure()
    reversed_sales: Figure = Figure()
    reversed_top_ups: Figure = Figure()

    @property
    def net_cents(self) -> int:
        """Return by how much the money in wallets grew."""
        came_in = self.top_ups.amount_cents + self.reversed_sales.amount_cents
        return came_in - self.sales.amount_cents - self.reversed_top_ups.amount_cents

    def __add__(self, other: Movements) -> Movements:
        """Return both together."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Movements(*(one + another for one, another in pairs))


@dataclass(frozen=True)
class PlaceRecord:
    """What moved at a terminal or a till on the day; `kind` says which of the two it is."""

    kind: str
    name: str
    movements: Movements


@dataclass(frozen=True)
class ClosingRecord:
    """One business day: money held in wallets at its beginning and end, and what moved in between."""

    day: date
    begins_at: datetime
    ends_at: datetime
    currency: str
    opening_cents: int
    closing_cents: int
    total: Movements
    places: tuple[PlaceRecord, ...]
