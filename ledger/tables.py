"""Every table of the house, so that metadata and migrations know them all."""

from ledger.domain.access import tables as access
from ledger.domain.access import tables_people as people
from ledger.domain.books import tables as books
from ledger.domain.books import tables_holds as holds
from ledger.domain.catalog import tables as catalog
from ledger.domain.devices import tables as devices
from ledger.domain.devices import tables_offline as offline
from ledger.domain.devices import tables_pairings as pairings
from ledger.domain.firmware import tables as firmware
from ledger.domain.seals import tables as seals
from ledger.domain.wallets import tables as wallets
from ledger.storage import tables as storage
from ledger.storage.columns import Base

__all__ = [
    "Base",
    "access",
    "books",
    "catalog",
    "devices",
    "firmware",
    "holds",
    "offline",
    "pairings",
    "people",
    "seals",
    "storage",
    "wallets",
]
