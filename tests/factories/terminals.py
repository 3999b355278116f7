"""Installs terminals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.domain.catalog.commands import install_terminal
from ledger.domain.catalog.records import Offer
from ledger.domain.devices.queries import actor_of
from ledger.domain.devices.records import TerminalPermission, TerminalRecord
from ledger.foundation.actor import Actor, operator_on_this_machine
from ledger.service import Ledger

ESPRESSO = Offer("espresso", "Espresso", 25)
CAPPUCCINO = Offer("cappuccino", "Cappuccino", 50)
COFFEES = (ESPRESSO, CAPPUCCINO)


@dataclass(frozen=True)
class Installed:
    """A terminal, the actor that it is, and the secret that proves it."""

    record: TerminalRecord
    actor: Actor
    api_token: str | None


def install(
    ledger: Ledger,
    slug: str = "coffee_machine",
    *,
    permission: TerminalPermission = TerminalPermission.ALL,
    offers: Sequence[Offer] = COFFEES,
    currency: str = "EUR",
    key: str | None = None,
) -> Installed:
    """Install a terminal that sells coffee, unless something else is asked for."""
    added = ledger.run(
        install_terminal,
        actor=operator_on_this_machine(),
        key=key,
        slug=slug,
        friendly_name=slug.replace("_", " ").title(),
        permission=permission,
        offers=offers,
        currency=currency,
    ).answer
    return Installed(added.terminal, actor_of(added.terminal), added.api_token)


def install_coffee_machine(ledger: Ledger) -> Installed:
    """Install a machine that may debit only."""
    return install(ledger, "coffee_machine", permission=TerminalPermission.DEBIT)


def install_coin_station(ledger: Ledger) -> Installed:
    """Install a coin acceptor: it may credit only, and sells nothing."""
    return install(ledger, "coin_station", permission=TerminalPermission.CREDIT, offers=())
