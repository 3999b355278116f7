"""The world of a journey: a ledger that is being served, people with tokens, devices on a bench."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ledger.domain.catalog.records import Offer
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.queries import statement, wallet_by_code
from ledger.domain.wallets.records import TransactionRecord, WalletRecord
from ledger.service import Ledger
from terminal_sim import Bench
from terminal_sim.machine import Machine
from tests.factories import terminals, wallets

ESPRESSO_CENTS = 120
# How long a device that is on again has to settle its journal, which it looks at every five seconds; longer
# than its longest pause between two tries.
SETTLING_S = 40
OFFERS = (Offer("espresso", "Espresso", ESPRESSO_CENTS), Offer("cappuccino", "Cappuccino", 150))


@dataclass
class Premises:
    """Where journeys take place: books that are being served. No number is drawn twice."""

    ledger: Ledger
    url: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


@dataclass
class Person:
    """Somebody with a wallet and a token."""

    ledger: Ledger
    wallet_code: str
    token: str

    @property
    def balance_cents(self) -> int:
        """What the wallet holds now."""
        return self.wallet.balance_cents

    @property
    def wallet(self) -> WalletRecord:
        """The wallet as it is now."""
        return self.ledger.read(wallet_by_code, code=self.wallet_code)

    @property
    def amounts_cents(self) -> list[int]:
        """What has moved on the wallet, oldest first, the first float left out."""
        return [item.amount_cents for item in reversed(self.transactions) if item.description != "Start"]

    @property
    def transactions(self) -> list[TransactionRecord]:
        """The wallet's transactions, latest first."""
        return list(self.ledger.read(statement, code=self.wallet_code).transactions)


@dataclass
class World:
    """Makes people and devices; names and tokens are never used twice."""

    premises: Premises
    bench: Bench

    @property
    def ledger(self) -> Ledger:
        """The ledger that is being served."""
        return self.premises.ledger

    def person(self, balance_cents: int = 0) -> Person:
        """Open a wallet for somebody with a 7-byte token."""
        token = f"04{next(self.premises.numbers):012X}"
        wallet = wallets.open_wallet(self.ledger, token_id=token, balance_cents=balance_cents)
        return Person(self.ledger, wallet.code, token)

    def coffee_machine(self, **config: Any) -> Machine:
        """Put a coffee machine on the bench that sells espresso and cappuccino."""
        buttons = [offer.slug for offer in OFFERS]
        return self._device("coffee_machine", TerminalPermission.DEBIT, OFFERS, buttons=buttons, **config)

    def coin_station(self, **config: Any) -> Machine:
        """Put a coin station on the bench."""
        return self._device("coin_station", TerminalPermission.CREDIT, (), **config)

    def nfc_terminal(self, permission: TerminalPermission, **config: Any) -> Machine:
        """Put an NFC terminal on the bench."""
        return self._device("nfc_terminal", permission, (), **config)

    def vending_machine(self, **config: Any) -> Machine:
        """Put a vending machine on the bench; its prices are its own."""
        return self._device("vending_machine", TerminalPermission.DEBIT, (), **config)

    def _device(
        self, device: str, permission: TerminalPermission, offers: tuple[Offer, ...], **config: Any
    ) -> Machine:
        name = f"{device}_{next(self.premises.numbers)}"
        installed = terminals.install(self.ledger, name, permission=permission, offers=offers)
        api_token = installed.api_token
        return self.bench.terminal(
            device=device, ledger_url=self.premises.url, api_token=api_token, name=name, **config
        )
