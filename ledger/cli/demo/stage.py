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
from ledger.domain.wallets.queries import statement
from ledger.service import Ledger
from ledger.settings import configured_database_url
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade
from terminal_sim import Bench
from terminal_sim.machine import Machine

ANNA_TOKEN, BEN_TOKEN = "04A2246B7E1190", "DEADBEEF"
BEN_CENTS = 30
ESPRESSO_CENTS = 120
OFFERS = (Offer("espresso", "Espresso", ESPRESSO_CENTS), Offer("cappuccino", "Cappuccino", 150))
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
    """The terminals' api_tokens by the name of the device, the books, and the wallets by their token."""

    terminals: dict[str, str]
    ledger: Ledger
    wallet_codes: dict[str, str]

    def amounts_cents(self, token: str) -> list[int]:
        """Return what the books say has moved on a wallet, in cents, oldest first."""
        found = self.ledger.read(statement, code=self.wallet_codes[token], limit=100)
        return [item.amount_cents for item in reversed(found.transactions)]

    def put_on(self, bench: Bench, name: str, url: str) -> Machine:
        """Put a device on the bench, provisioned for this ledger, and boot it."""
        return bench.terminal(device=name, ledger_url=url, api_token=self.terminals[name], **CAST[name][3])


def furnish() -> Stage:
    """Make the books: the schema, the terminals, Anna's empty wallet and Ben's with a little money."""
    database = open_database(configured_database_url())
    upgrade(database.engine)
    database.close()
    ledger = open_ledger()
    currency = ledger.settings.currency
    tokens = {}
    for slug, (friendly_name, permission, offers, _) in CAST.items():
        details = {"slug": slug, "friendly_name": friendly_name, "permission": permission}
        added = run(ledger, install_terminal, currency=currency, offers=offers, **details)
        tokens[slug] = added.api_token
    anna = run(ledger, open_wallet, currency=currency, token_id=ANNA_TOKEN, user_name="anna")
    ben = run(ledger, open_wallet, currency=currency, token_id=BEN_TOKEN, user_name="ben")
    gift = {"amount_cents": BEN_CENTS, "description": "Left over from last year"}
    run(ledger, top_up_by_hand, wallet_code=ben.code, **gift)
    return Stage(tokens, ledger, {ANNA_TOKEN: anna.code, BEN_TOKEN: ben.code})
