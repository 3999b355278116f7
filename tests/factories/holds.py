"""Looks at holds: what is held, how each stands, and what was told of them."""

from __future__ import annotations

import json

from ledger.domain.holds.queries import held_cents as held_of_wallet
from ledger.domain.wallets.records import WalletRecord
from ledger.service import Ledger
from tests.factories.ledgers import rows
from tests.factories.wallets import TOKEN

VEND = {"token_id": TOKEN, "description": "Vend"}


def held_cents(ledger: Ledger, wallet: WalletRecord) -> int:
    """Return what is held of a wallet now."""
    return ledger.read(held_of_wallet, wallet=wallet, now=ledger.clock.now())


def states(ledger: Ledger) -> list[str]:
    """Return how each hold stands in its row, oldest first."""
    return [state for (state,) in rows(ledger, "SELECT state FROM holds ORDER BY id")]


def told(ledger: Ledger, event: str) -> list[dict]:
    """Return what the events of a name say."""
    payloads = rows(ledger, "SELECT payload FROM domain_events WHERE name = ? ORDER BY id", event)
    return [json.loads(payload) for (payload,) in payloads]
