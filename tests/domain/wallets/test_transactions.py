"""Transactions on wallets: purchase, debit, top-up, and what each refuses."""

from __future__ import annotations

import json

import pytest

from ledger.domain.books.errors import FloorReached, InvalidPosting, PostingUnknown
from ledger.domain.books.records import PostingKind
from ledger.domain.catalog.errors import ProductNotSold
from ledger.domain.devices.errors import NotATerminal
from ledger.domain.wallets.commands import debit, purchase, top_up, top_up_by_hand
from ledger.domain.wallets.errors import CoinsDoNotAddUp, TokenBlocked, TokenNotPaired, WalletUnknown
from ledger.domain.wallets.pairing import block_token, unpair_token
from ledger.domain.wallets.queries import statement, wallet_by_token
from ledger.foundation.errors import Invalid
from ledger.foundation.money import MAX_AMOUNT_CENTS, InvalidAmount
from tests.factories.ledgers import contents, rows
from tests.factories.terminals import ESPRESSO, install, install_coffee_machine, install_coin_station
from tests.factories.wallets import TOKEN, balance_cents, open_wallet

ABOUT = {"token_id": TOKEN, "description": "Kaffee"}


@pytest.fixture
def wallet(ledger):
    """Return a wallet with 2.50 EUR: what the published example starts from."""
    return open_wallet(ledger, balance_cents=250)


@pytest.fixture
def machine(ledger):
    """Return the coffee machine's actor: it may debit."""
    return install_coffee_machine(ledger).actor


@pytest.fixture
def station(ledger):
    """Return the coin station's actor: it may credit."""
    return install_coin_station(ledger).actor


def test_a_purchase_costs_what_its_products_cost_each_occurrence_counted(ledger, wallet, machine):
    products = ["espresso", "espresso", "cappuccino"]
    after = ledger.run(purchase, actor=machine, products=products, **ABOUT).answer
    assert after.balance_cents == balance_cents(ledger, wallet) == 150


def test_a_purchase_goes_to_the_sales_of_its_own_terminal(ledger, wallet, machine):
    install(ledger, "kiosk")
    ledger.run(purchase, actor=machine, products=["espresso"], tag="hot", **ABOUT)
    sold = "SELECT code, p.kind, amount_cents, description, tag FROM postings p JOIN accounts a"
    to_sales = f"{sold.replace('code', 'a.code')} ON a.id = destination_id WHERE terminal_id > 0"
    assert rows(ledger, to_sales) == [("terminal_sales:coffee_machine", "sale", 25, "Kaffee", "hot")]


def test_a_purchase_is_told_with_its_products_at_their_prices(ledger, wallet, machine):
    ledger.run(purchase, actor=machine, products=["espresso", "cappuccino"], **ABOUT)
    name, payload = rows(ledger, "SELECT name, payload FROM domain_events ORDER BY id DESC LIMIT 1")[0]
    told = json.loads(payload)
    assert (name, told["amount_cents"], told["balance_cents"]) == ("wallet.purchased", 75, 175)
    assert told["products"] == [
        {"product": "espresso", "price_cents": 25},
        {"product": "cappuccino", "price_cents": 50},
    ]


def test_the_last_cent_can_be_spent_and_no_cent_more(ledger, wallet, machine):
    ledger.run(debit, actor=machine, amount_cents=250, **ABOUT)
    before = contents(ledger)
    with pytest.raises(FloorReached) as refused:
        ledger.run(debit, actor=machine, amount_cents=1, **ABOUT)
    assert refused.value.details == {"balance_cents": 0}
    assert contents(ledger) == before


def test_an_overdraft_limit_is_the_floor(ledger, machine):
    wallet = open_wallet(ledger, overdraft_limit_cents=50)
    ledger.run(purchase, actor=machine, products=["cappuccino"], **ABOUT)
    with pytest.raises(FloorReached):
        ledger.run(purchase, actor=machine, products=["espresso"], **ABOUT)
    assert balance_cents(ledger, wallet) == -50


@pytest.mark.parametrize("products", [["tea"], ["espresso", "tea"], ["ESPRESSO"], ["soup"]])
def test_a_product_of_nobody_or_of_another_terminal_is_not_sold(ledger, wallet, machine, products):
    install(ledger, "kitchen", offers=[ESPRESSO.__class__("soup", "Soup", 300)])
    before = contents(ledger)
    with pytest.raises(ProductNotSold) as refused:
        ledger.run(purchase, actor=machine, products=products, **ABOUT)
    assert len(refused.value.fields["products"]) == 1
    assert contents(ledger) == before


def test_a_purchase_of_nothing_is_refused(ledger, wallet, machine):
    with pytest.raises(InvalidAmount):
        ledger.run(purchase, actor=machine, products=[], **ABOUT)


@pytest.mark.parametrize("amount_cents", [0, -1, True, 0.5, "100", MAX_AMOUNT_CENTS + 1, 2**70])
@pytest.mark.parametrize("command", [debit, top_up], ids=lambda command: command.name)
def test_only_a_whole_positive_amount_moves(ledger, wallet, command, amount_cents):
    actor = install(ledger).actor
    before = contents(ledger)
    with pytest.raises(InvalidAmount):
        ledger.run(command, actor=actor, amount_cents=amount_cents, **ABOUT)
    assert contents(ledger) == before


def test_cash_at_a_terminal_goes_from_its_box_onto_the_wallet(ledger, wallet, station):
    coins = [{"denomination": 100, "count": 2}, {"denomination": 50, "count": 1}]
    after = ledger.run(top_up, actor=station, amount_cents=250, coins=coins, **ABOUT).answer
    assert after.balance_cents == 500
    moved = "SELECT a.code, p.kind FROM postings p JOIN accounts a ON a.id = source_id WHERE terminal_id > 0"
    assert rows(ledger, moved) == [("cash_box:coin_station", "top_up")]
    payload = rows(ledger, "SELECT payload FROM domain_events ORDER BY id DESC LIMIT 1")[0][0]
    assert json.loads(payload)["coins"] == coins


@pytest.mark.parametrize(
    "coins",
    [
        [{"denomination": 100, "count": 1}],
        [{"denomination": 100, "count": 3}],
        [{"denomination": 300, "count": 1}, {"denomination": -100, "count": 1}],
        [{"denomination": 200, "count": 1}, {"denomination": 0, "count": 1}],
        [{"denomination": 200, "count": 1}, {"denomination": 5, "count": 0}],
        [{"denomination": -100, "count": -2}],
        [{"denomination": 200, "count": True}],
        [{"denomination": 200.0, "count": 1}],
    ],
)
def test_coins_that_are_not_worth_the_amount_are_refused(ledger, wallet, station, coins):
    with pytest.raises(CoinsDoNotAddUp):
        ledger.run(top_up, actor=station, amount_cents=200, coins=coins, **ABOUT)
    assert balance_cents(ledger, wallet) == 250


def test_cash_taken_by_hand_lies_in_the_houses_till_and_names_no_terminal(ledger, wallet, operator):
    by_hand = {"wallet_code": wallet.code, "amount_cents": 50, "description": "Cash"}
    assert ledger.run(top_up_by_hand, actor=operator, **by_hand).answer.balance_cents == 300
    moved = "SELECT a.code, terminal_id FROM postings p JOIN accounts a ON a.id = source_id"
    assert rows(ledger, moved) == [("till:house", None)] * 2


def test_cash_by_hand_goes_to_a_wallet_that_exists(ledger, operator):
    with pytest.raises(WalletUnknown):
        ledger.run(top_up_by_hand, actor=operator, wallet_code="wal_none", amount_cents=1, description="Cash")


def test_a_wallet_of_another_currency_is_not_paid_with_the_terminals_money(ledger, machine):
    open_wallet(ledger, currency="USD", overdraft_limit_cents=100)
    with pytest.raises(InvalidPosting):
        ledger.run(purchase, actor=machine, products=["espresso"], **ABOUT)


@pytest.mark.parametrize("command", [purchase, debit, top_up], ids=lambda command: command.name)
@pytest.mark.parametrize("end", [block_token, unpair_token, None], ids=["blocked", "unpaired", "unknown"])
def test_a_token_that_is_not_good_moves_nothing(ledger, wallet, operator, command, end):
    actor = install(ledger).actor
    token_id = TOKEN if end else "04000000"
    if end:
        ledger.run(end, actor=operator, token_id=TOKEN)
    before = contents(ledger)
    what = {"products": ["espresso"]} if command is purchase else {"amount_cents": 5}
    with pytest.raises(TokenBlocked if end is block_token else TokenNotPaired):
        ledger.run(command, actor=actor, token_id=token_id, description="Coffee", **what)
    assert contents(ledger) == before


@pytest.mark.parametrize(
    "label",
    [
        {"description": ""},
        {"description": "   "},
        {"description": "x" * 256},
        {"description": "a\x00b"},
        {"description": "a\ud800b"},
        {"description": "Coffee", "tag": ""},
        {"description": "Coffee", "tag": "x" * 65},
    ],
)
@pytest.mark.parametrize("command", [purchase, debit, top_up], ids=lambda command: command.name)
def test_a_transaction_has_a_description_that_can_be_read(ledger, wallet, command, label):
    actor = install(ledger).actor
    what = {"products": ["espresso"]} if command is purchase else {"amount_cents": 5}
    with pytest.raises(Invalid) as refused:
        ledger.run(command, actor=actor, token_id=TOKEN, **label, **what)
    assert list(refused.value.fields) == [list(label)[-1]]


def test_the_longest_description_and_tag_are_kept_whole(ledger, wallet, machine):
    label = {"description": "ü" * 255, "tag": "t" * 64}
    ledger.run(debit, actor=machine, token_id=TOKEN, amount_cents=5, **label)
    latest = ledger.read(statement, code=wallet.code).transactions[0]
    assert (latest.description, latest.tag) == (label["description"], label["tag"])


@pytest.mark.parametrize("command", [purchase, debit, top_up], ids=lambda command: command.name)
def test_only_a_terminal_acts_at_a_terminal(ledger, wallet, operator, command):
    what = {"products": ["espresso"]} if command is purchase else {"amount_cents": 5}
    with pytest.raises(NotATerminal):
        ledger.run(command, actor=operator, **ABOUT, **what)


def test_a_statement_lists_transactions_latest_first_signed_as_the_holder_sees_them(
    ledger, wallet, machine, station, clock
):
    clock.advance(minutes=1)
    ledger.run(purchase, actor=machine, products=["espresso"], **ABOUT)
    clock.advance(minutes=1)
    ledger.run(top_up, actor=station, amount_cents=100, **ABOUT)
    page = ledger.read(statement, code=wallet.code)
    seen = [
        (seen.amount_cents, seen.kind, seen.terminal and seen.terminal.slug) for seen in page.transactions
    ]
    assert seen == [
        (100, PostingKind.TOP_UP, "coin_station"),
        (-25, PostingKind.SALE, "coffee_machine"),
        (250, PostingKind.TOP_UP, None),
    ]
    assert page.transactions[0].recorded_at == clock.now()
    assert sum(item.amount_cents for item in page.transactions) == balance_cents(ledger, wallet)
    assert not page.has_more


def test_a_statement_shows_no_transaction_of_another_wallet(ledger, wallet, machine):
    other = open_wallet(ledger, "04FFFFFF", balance_cents=100)
    ledger.run(purchase, actor=machine, products=["espresso"], **ABOUT)
    assert [item.amount_cents for item in ledger.read(statement, code=other.code).transactions] == [100]


def test_a_statement_goes_on_where_a_page_ended(ledger, wallet, machine):
    for cents in (1, 2, 3):
        ledger.run(debit, actor=machine, amount_cents=cents, **ABOUT)
    first = ledger.read(statement, code=wallet.code, limit=2)
    assert ([item.amount_cents for item in first.transactions], first.has_more) == ([-3, -2], True)
    rest = ledger.read(statement, code=wallet.code, before=first.transactions[-1].code, limit=2)
    assert ([item.amount_cents for item in rest.transactions], rest.has_more) == ([-1, 250], False)
    with pytest.raises(PostingUnknown):
        ledger.read(statement, code=wallet.code, before="txn_none")


def test_the_balance_on_a_token_is_the_balance_of_its_wallet(ledger, wallet, machine):
    ledger.run(debit, actor=machine, amount_cents=7, **ABOUT)
    assert ledger.read(wallet_by_token, token_id=TOKEN).balance_cents == 243
