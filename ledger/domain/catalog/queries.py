"""Reads the catalogue."""

from __future__ import annotations

from ledger.domain.catalog import tables
from ledger.domain.catalog.records import Offer
from ledger.storage.transaction import Reader


def assortment(reader: Reader, *, terminal_id: int) -> tuple[Offer, ...]:
    """Return what a terminal sells, in its order, at the prices that hold there now."""
    return tuple(Offer(*row) for row in tables.select_assortment(reader, terminal_id))
