"""What stands on the stage of the demo: three terminals, two people with tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.cli.context import open_ledger, run
from ledger.domain.catalog.commands import install_terminal
from ledger.domain.catalog.records import Offer
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade
from terminal_sim import Bench
from terminal_sim.machine import Machine

ANNA_TOKEN, BEN_TOKEN = "04A2246B7E1190", "DEADBEEF"
BEN_CENTS = 30
OFFERS = (Offer("espresso", "Espresso", 120), Offer("cappuccino", "Cappuccino", 150))
# name -> what it is called, what it may do, what it sells, and how the device is configured
CAST: dict[str, tuple[str, TerminalPermission, tuple[Offer, ...], dict[str, Any]]] = {
    "coin_station": ("Coin station", TerminalPermission.CREDIT, (), {"pulse_cents": 10}),
    "coffee_machine": (
        "Coffee machine",
        TerminalPermission.DEBIT,
        OFFERS,
        {"buttons": [offer.slug for offer in OFFERS]},
    ),
    "nfc_terminal": ("Front desk", TerminalPermission.CREDIT, (), {"top_up_limit_cents": 10_000}),
}


@dataclass(frozen=True)
class Stage:
    """The terminals' api_tokens, by the name of the device."""

    terminals: dict[str, str]

    def put_on(self, bench: Bench, name: str, url: str) -> Machine:
        """Put a device on the bench, provisioned for this ledger, and boot it."""
        return bench.terminal(device=name, ledger_url=url, api_token=self.terminals[name], **CAST[name][3])


def furnish() -> Stage:
    """Make the books: the schema, the terminals, Anna's empty wallet and Ben's with a little money."""
    settings = Settings.from_environment()
    database = open_database(settings.database_url)
    upgrade(database.engine)
    database.close()
    ledger = open_ledger()
    currency = settings.currency
    tokens = {}
    for slug, (friendly_name, permission, offers, _) in CAST.items():
        details = {"slug": slug, "friendly_name": friendly_name, "permission": permission}
        added = run(ledger, install_terminal, currency=currency, offers=offers, **details)
        tokens[slug] = added.api_token
    run(ledger, open_wallet, currency=currency, token_id=ANNA_TOKEN, user_name="anna")
    ben = run(ledger, open_wallet, currency=currency, token_id=BEN_TOKEN, user_name="ben")
    gift = {"amount_cents": BEN_CENTS, "description": "Left over from last year"}
    run(ledger, top_up_by_hand, wallet_code=ben.code, **gift)
    return Stage(tokens)
