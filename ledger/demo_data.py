"""The data of the published examples: a ledger on which they run word for word."""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.domain.catalog.commands import install_terminal
from ledger.domain.catalog.records import InstalledTerminal, Offer
from ledger.domain.devices.queries import actor_of, terminals
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import debit, top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.domain.wallets.queries import wallets
from ledger.foundation.actor import Actor, operator_on_this_machine
from ledger.foundation.clock import HeldClock
from ledger.foundation.errors import Conflict
from ledger.foundation.ids import ScriptedIds
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import Database

WALLET_CODE = "wal_K6lIeaZ9H3UZPqxm"
TOKEN_ID = "<TOKEN_HARDWARE_UUID>"
# The document names three users of this one wallet; the one beside its transactions is taken.
USER_NAME = "sebastian.walker"
TOP_UP_CODE = "txn_jNJobwQL76kk8LJV"
COFFEE_CODE = "txn_LgIhM47W7UZAJcyZ"
OPENED_AT = datetime(2021, 10, 31, 20, 44, 11, tzinfo=UTC)
TOPPED_UP_AT = datetime(2021, 10, 31, 20, 44, 56, tzinfo=UTC)
COFFEE_AT = datetime(2021, 10, 31, 20, 45, 20, tzinfo=UTC)
# "Cappucino" is how the document writes it.
COFFEES = (Offer("espresso", "Espresso", 25), Offer("cappuccino", "Cappucino", 50))


class LedgerNotEmpty(Conflict):
    """There are terminals or wallets already; the examples' data never mixes with anybody's own."""

    code = "ledger_not_empty"
    message = "There are terminals or wallets in this ledger already; demo data needs an empty one."


def load(database: Database, settings: Settings) -> dict[str, str]:
    """Fill an empty ledger with what terminal.txt shows; returns what a person needs to play with it.

    The wallet holds 150 cents, as published: 200 credited by hand, 50 debited by `kaffeemaschine`, at
    the published times. `coffee_machine` debits, `coin_receptor` credits. The api_tokens are in this
    answer only. Refuses with LedgerNotEmpty, also when the data has been loaded before.
    """
    clock = HeldClock(OPENED_AT)
    ledger = Ledger(database, settings, clock=clock, ids=ScriptedIds((WALLET_CODE, TOP_UP_CODE, COFFEE_CODE)))
    if ledger.read(terminals) or ledger.read(wallets):
        raise LedgerNotEmpty
    coffee_machine = _install(ledger, "coffee_machine", "Kaffeemaschine", TerminalPermission.DEBIT, COFFEES)
    kaffeemaschine = _install(ledger, "kaffeemaschine", "Kaffeemaschine", TerminalPermission.ALL)
    coin_receptor = _install(ledger, "coin_receptor", "Münzautomat", TerminalPermission.CREDIT)
    _fill_wallet(ledger, clock, actor_of(kaffeemaschine.terminal))
    return {
        "wallet": WALLET_CODE,
        "token_id": TOKEN_ID,
        "coffee_machine_api_token": coffee_machine.api_token,
        "kaffeemaschine_api_token": kaffeemaschine.api_token,
        "coin_receptor_api_token": coin_receptor.api_token,
    }


def _install(
    ledger: Ledger, slug: str, name: str, permission: TerminalPermission, offers: tuple[Offer, ...] = ()
) -> InstalledTerminal:
    details = {"slug": slug, "friendly_name": name, "permission": permission, "offers": offers}
    currency = ledger.settings.currency
    return ledger.run(install_terminal, actor=operator_on_this_machine(), currency=currency, **details).answer


def _fill_wallet(ledger: Ledger, clock: HeldClock, kaffeemaschine: Actor) -> None:
    person = operator_on_this_machine()
    wallet = {"currency": ledger.settings.currency, "token_id": TOKEN_ID, "user_name": USER_NAME}
    ledger.run(open_wallet, actor=person, **wallet)
    clock.at = TOPPED_UP_AT
    top_up = {"amount_cents": 200, "description": "Manuelle Aufladung durch FSR"}
    ledger.run(top_up_by_hand, actor=person, wallet_code=WALLET_CODE, **top_up)
    clock.at = COFFEE_AT
    coffee = {"amount_cents": 50, "description": "Kaffee", "tag": "coffee"}
    ledger.run(debit, actor=kaffeemaschine, token_id=TOKEN_ID, **coffee)
