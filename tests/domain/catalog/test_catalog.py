"""What terminals sell, and at which price."""

from __future__ import annotations

import pytest

from ledger.domain.catalog.errors import InvalidProduct, ProductListedTwice, ProductNamedDifferently
from ledger.domain.catalog.queries import assortment
from ledger.domain.catalog.records import Offer
from ledger.domain.catalog.rules import price_cents, require_assortment
from ledger.domain.wallets.commands import purchase
from ledger.foundation.money import MAX_AMOUNT_CENTS
from tests.factories.ledgers import contents, count, rows
from tests.factories.terminals import CAPPUCCINO, COFFEES, ESPRESSO, install
from tests.factories.wallets import TOKEN, balance_cents, open_wallet


def _assortment(ledger, installed):
    return ledger.read(assortment, terminal_id=installed.record.id)


def test_a_terminal_sells_what_it_was_installed_with_in_that_order(ledger):
    turned = tuple(reversed(COFFEES))
    assert _assortment(ledger, install(ledger, offers=turned)) == turned


def test_terminals_sell_each_their_own(ledger):
    machine = install(ledger, "machine", offers=[ESPRESSO])
    kiosk = install(ledger, "kiosk", offers=[CAPPUCCINO])
    assert _assortment(ledger, machine) == (ESPRESSO,)
    assert _assortment(ledger, kiosk) == (CAPPUCCINO,)


def test_a_product_keeps_its_price_and_a_terminal_may_have_its_own(ledger):
    dear = Offer("espresso", "Espresso", 90)
    machine = install(ledger, "machine", offers=[ESPRESSO])
    kiosk = install(ledger, "kiosk", offers=[dear])
    assert _assortment(ledger, machine) == (ESPRESSO,)
    assert _assortment(ledger, kiosk) == (dear,)
    assert rows(ledger, "SELECT slug, price_cents FROM variants") == [("espresso", 25)]


def test_a_terminals_own_price_is_what_is_paid_there(ledger):
    wallet = open_wallet(ledger, balance_cents=100)
    install(ledger, "machine", offers=[ESPRESSO])
    kiosk = install(ledger, "kiosk", offers=[Offer("espresso", "Espresso", 90)])
    asked = {"token_id": TOKEN, "products": ["espresso"], "description": "Espresso"}
    ledger.run(purchase, actor=kiosk.actor, **asked)
    assert balance_cents(ledger, wallet) == 10


def test_a_terminal_with_the_products_own_price_follows_that_price(ledger):
    install(ledger, "machine", offers=[ESPRESSO])
    install(ledger, "kiosk", offers=[ESPRESSO])
    assert rows(ledger, "SELECT price_cents FROM terminal_products") == [(None,), (None,)]


def test_one_product_id_has_one_name(ledger):
    install(ledger, "machine", offers=[ESPRESSO])
    before = contents(ledger)
    with pytest.raises(ProductNamedDifferently, match="'Espresso'"):
        install(ledger, "kiosk", offers=[Offer("espresso", "Double Espresso", 25)])
    assert contents(ledger) == before


def test_an_assortment_names_each_product_once(ledger):
    with pytest.raises(ProductListedTwice):
        install(ledger, offers=[ESPRESSO, Offer("espresso", "Espresso", 30)])
    assert count(ledger, "terminals") == 0


@pytest.mark.parametrize(
    ("offer", "field"),
    [
        (Offer("", "Espresso", 25), "id"),
        (Offer("Espresso", "Espresso", 25), "id"),
        (Offer("espresso\n", "Espresso", 25), "id"),
        (Offer("-espresso", "Espresso", 25), "id"),
        (Offer("e" * 65, "Espresso", 25), "id"),
        (Offer("espresso", "", 25), "friendly_name"),
        (Offer("espresso", " Espresso", 25), "friendly_name"),
        (Offer("espresso", "Esp\nresso", 25), "friendly_name"),
        (Offer("espresso", "E" * 65, 25), "friendly_name"),
        (Offer("espresso", "Espresso", 0), "price"),
        (Offer("espresso", "Espresso", -25), "price"),
        (Offer("espresso", "Espresso", 0.25), "price"),
        (Offer("espresso", "Espresso", True), "price"),
        (Offer("espresso", "Espresso", "25"), "price"),
        (Offer("espresso", "Espresso", MAX_AMOUNT_CENTS + 1), "price"),
    ],
)
def test_a_product_that_cannot_be_sold_is_not_offered(ledger, offer, field):
    before = contents(ledger)
    with pytest.raises(InvalidProduct) as refused:
        install(ledger, offers=[offer])
    assert list(refused.value.fields) == [field]
    assert contents(ledger) == before


def test_every_fault_of_a_product_is_named_at_once():
    with pytest.raises(InvalidProduct) as refused:
        require_assortment([Offer("", "", 0)])
    assert set(refused.value.fields) == {"id", "friendly_name", "price"}


def test_a_price_is_the_sum_of_all_occurrences():
    offers = {offer.slug: offer for offer in COFFEES}
    assert price_cents(offers, ["espresso", "cappuccino", "espresso"]) == 100
    assert price_cents(offers, []) == 0
