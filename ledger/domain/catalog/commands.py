"""Puts products into assortments and installs terminals with them."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.domain.catalog import tables
from ledger.domain.catalog.errors import ProductNamedDifferently
from ledger.domain.catalog.records import InstalledTerminal, NewTerminal, Offer
from ledger.domain.catalog.rules import require_assortment
from ledger.domain.devices.commands import add_terminal
from ledger.domain.devices.pairing import confirm_pairing
from ledger.domain.devices.queries import terminal_by_slug
from ledger.domain.devices.records import TerminalPermission, TerminalRecord
from ledger.foundation.permissions import Permission
from ledger.storage.command import command
from ledger.storage.transaction import Transaction


@command("catalog.install_terminal", answers=InstalledTerminal)
def install_terminal(
    tx: Transaction,
    *,
    slug: str,
    friendly_name: str,
    permission: TerminalPermission,
    offers: Sequence[Offer] = (),
    currency: str,
) -> InstalledTerminal:
    """Add a terminal together with what it sells; the answer holds its api_token (X-12).

    A product that is new gets the given price as its own; one that exists under the same name keeps
    its own price, and a different one holds at this terminal alone. Needs TERMINALS_MANAGE. Refuses
    with InvalidTerminal, TerminalExists, InvalidProduct, ProductListedTwice, ProductNamedDifferently.
    """
    require_assortment(offers)
    added = add_terminal(tx, slug=slug, friendly_name=friendly_name, permission=permission, currency=currency)
    for position, offer in enumerate(offers):
        _offer(tx, added.terminal.id, position, offer)
    return InstalledTerminal(added.terminal, tuple(offers), added.api_token)


@command("catalog.pair_terminal", answers=TerminalRecord)
def pair_terminal(
    tx: Transaction, *, code: str, slug: str, new: NewTerminal | None = None
) -> TerminalRecord:
    """Let the device that shows this code be a terminal: a new one, or one that exists.

    The device fetches its api_token itself, and then the terminal's former one is dead.

    Needs TERMINALS_MANAGE. Refuses with DevicePairingUnknown, TerminalUnknown, and a new terminal with
    what `install_terminal` refuses.
    """
    if new is None:
        tx.actor.require(Permission.TERMINALS_MANAGE)
        terminal = terminal_by_slug(tx, slug=slug)
    else:
        terminal = install_terminal(tx, slug=slug, **vars(new)).terminal
    confirm_pairing(tx, code=code, terminal=terminal)
    return terminal


def _offer(tx: Transaction, terminal_id: int, position: int, offer: Offer) -> None:
    tables.insert_variant(tx, offer.slug, offer.label, offer.price_cents)
    variant = tables.select_variant(tx, offer.slug)
    if variant.label != offer.label:
        raise ProductNamedDifferently(f"The product {offer.slug!r} exists and is called {variant.label!r}.")
    own_price_cents = None if variant.price_cents == offer.price_cents else offer.price_cents
    values = {"variant_id": variant.id, "price_cents": own_price_cents}
    tables.insert_terminal_product(tx, terminal_id=terminal_id, position=position, **values)
