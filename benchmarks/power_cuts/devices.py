"""The devices of a street: what they may do, how they are set, and how they look when nobody is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ledger.domain.catalog.records import Offer
from ledger.domain.devices.records import OfflineAllowanceRecord, TerminalPermission

PRICE_CENTS = 120
ESPRESSO = (Offer("espresso", "Espresso", PRICE_CENTS),)
COFFEE_IDLE, COIN_IDLE = "Choose a drink", "Hold your token"
VENDING_IDLE = "Hold your token, then choose"


@dataclass(frozen=True)
class Place:
    """One device, its terminal in the ledger, and its idle screen."""

    device: str
    permission: TerminalPermission
    idle_text: str
    offers: tuple[Offer, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    allowance: OfflineAllowanceRecord | None = None


def _coffee(**settings: Any) -> Place:
    allowance = settings.pop("allowance", None)
    config = {"buttons": ["espresso"], **settings}
    return Place("coffee_machine", TerminalPermission.DEBIT, COFFEE_IDLE, ESPRESSO, config, allowance)


DEVICES: dict[str, Place] = {
    "coffee_machine": _coffee(),
    "granted_machine": _coffee(
        allowance=OfflineAllowanceRecord(per_token_cents=400, in_sum_cents=4000, count=20, hours=24)
    ),
    "updating_machine": _coffee(update_check_ms=5000),
    "coin_station": Place("coin_station", TerminalPermission.CREDIT, COIN_IDLE),
    "cctalk_station": Place(
        "coin_station", TerminalPermission.CREDIT, COIN_IDLE, config={"coin_acceptor": "cctalk"}
    ),
    "vending_machine": Place(
        "vending_machine", TerminalPermission.ALL, VENDING_IDLE, config={"mdb_revalue": True}
    ),
}
