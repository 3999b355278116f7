"""Whatever is wrong with a transaction is refused clearly, and nothing is booked."""

from __future__ import annotations

import json

import pytest

from ledger.domain.catalog.records import Offer
from ledger.domain.wallets.pairing import block_token, replace_token, unpair_token
from tests.dialects.terminal.refusals import assert_refused
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN
from tests.web.applications import Caller, nothing_is_written

PATH = f"/pos/wallets/token/{TOKEN}/transactions"
JSON = {"Content-Type": "application/json"}
GOOD = {"amount": -100, "description": "x"}
ABSENT = "(not sent)"

WRONG_FIELDS = [
    # An amount is a whole number of cents, and JSON's number at that.
    ({"amount": -100.5}, ["amount"]),
    ({"amount": "-100"}, ["amount"]),
    ({"amount": 0}, ["amount"]),
    ({"amount": -0.0}, ["amount"]),
    ({"amount": True}, ["amount"]),
    ({"amount": None}, ["amount"]),
    ({"amount": [100]}, ["amount"]),
    ({"amount": {"cents": 100}}, ["amount"]),
    ({"amount": 100_000_001}, ["amount"]),
    ({"amount": -100_000_001}, ["amount"]),
    ({"amount": 10**30}, ["amount"]),
    ({"amount": -(2**63)}, ["amount"]),
    # Exactly one of products and amount.
    ({"products": ["espresso"]}, ["products", "amount"]),
    ({"amount": ABSENT}, ["products", "amount"]),
    # Products are a list of ids.
    ({"amount": ABSENT, "products": []}, ["products"]),
    ({"amount": ABSENT, "products": "espresso"}, ["products"]),
    ({"amount": ABSENT, "products": None}, ["products"]),
    ({"amount": ABSENT, "products": {"espresso": 2}}, ["products"]),
    ({"amount": ABSENT, "products": ["espresso"] * 101}, ["products"]),
    ({"amount": ABSENT, "products": ["espresso", 7]}, ["products.1"]),
    ({"amount": ABSENT, "products": ["espresso", None, ["espresso"]]}, ["products.1", "products.2"]),
    ({"amount": ABSENT, "products": [""]}, ["products.0"]),
    ({"amount": ABSENT, "products": ["e" * 65]}, ["products.0"]),
    # A description is asked for, and is text that people can read.
    ({"description": ABSENT}, ["description"]),
    ({"description": None}, ["description"]),
    ({"description": ""}, ["description"]),
    ({"description": "   "}, ["description"]),
    ({"description": "x" * 256}, ["description"]),
    ({"description": 5}, ["description"]),
    ({"description": True}, ["description"]),
    ({"description": ["x"]}, ["description"]),
    ({"description": "a\x00b"}, ["description"]),
    ({"description": "a\ud800b"}, ["description"]),
    ({"description": "\udc00"}, ["description"]),
    # A tag is optional, and text.
    ({"tag": ""}, ["tag"]),
    ({"tag": "x" * 65}, ["tag"]),
    ({"tag": 5}, ["tag"]),
    ({"tag": "a\x00b"}, ["tag"]),
    # A key that is sent is a key: a null or an empty one would silently protect nothing.
    ({"idempotency_key": ""}, ["idempotency_key"]),
    ({"idempotency_key": None}, ["idempotency_key"]),
    ({"idempotency_key": "k" * 65}, ["idempotency_key"]),
    ({"idempotency_key": 5}, ["idempotency_key"]),
    ({"idempotency_key": "k\x00"}, ["idempotency_key"]),
    ({"idempotency_key": "\ud83d"}, ["idempotency_key"]),
    # Coins are counted, and come with a credit.
    ({"coins": [{"denomination": 100, "count": 1}]}, ["coins"]),
    ({"amount": 100, "coins": [{"denomination": 100}]}, ["coins.0.count"]),
    ({"amount": 100, "coins": [{"denomination": 0.5, "count": 200}]}, ["coins.0.denomination"]),
    ({"amount": 100, "coins": [{"denomination": 100, "count": 0}]}, ["coins.0.count"]),
    ({"amount": 100, "coins": [{"denomination": -100, "count": -1}]}, None),
    ({"amount": 100, "coins": [{"denomination": 100, "count": True}]}, ["coins.0.count"]),
    ({"amount": 100, "coins": "100"}, ["coins"]),
    ({"amount": 100, "coins": [7]}, ["coins.0"]),
    ({"amount": 33, "coins": [{"denomination": 1, "count": 1}] * 33}, ["coins"]),
    # More than one mistake is told at once.
    ({"amount": "1", "description": "", "tag": 5}, ["amount", "description", "tag"]),
]


def sent(changes: dict) -> bytes:
    """Return the JSON of a good request with something wrong in it."""
    body = {name: value for name, value in (GOOD | changes).items() if value is not ABSENT}
    return json.dumps(body).encode()


@pytest.mark.parametrize(("changes", "fields"), WRONG_FIELDS, ids=lambda value: repr(value)[:60])
def test_a_wrong_field_is_named_and_nothing_is_booked(cash_desk, wallet, ledger, changes, fields):
    with nothing_is_written(ledger):
        refused = cash_desk.post(PATH, data=sent(changes), headers=JSON)
    fields = ["coins.0.count", "coins.0.denomination"] if fields is None else fields
    assert_refused(refused, 400, "invalid", *fields)


BODIES = {
    "empty": (b"", "invalid_json"),
    "broken": (b'{"amount": -100, "description": "x"', "invalid_json"),
    "trailing": (b'{"amount": -100, "description": "x"} and more', "invalid_json"),
    "single quotes": (b"{'amount': -100}", "invalid_json"),
    "NaN": (b'{"amount": NaN, "description": "x"}', "invalid_json"),
    "Infinity": (b'{"amount": -Infinity, "description": "x"}', "invalid_json"),
    "deep arrays": (b"[" * 60_000, "invalid_json"),
    "deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "invalid_json"),
    "deep in a field": (
        b'{"amount": -100, "description": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        "invalid_json",
    ),
    "not UTF-8": (b'{"amount": -100, "description": "\xff\xfe\xfa"}', "invalid_json"),
    "a number of 5000 digits": (b'{"amount": -' + b"9" * 5_000 + b', "description": "x"}', "invalid_json"),
    "2 MB": (b'{"amount": -100, "description": "' + b"x" * 2_000_000 + b'"}', "body_too_large"),
    "65 KiB of blanks": (b'{"amount": -100, "description": "x"}' + b" " * 65_536, "body_too_large"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_json_is_refused_and_nothing_is_booked(cash_desk, wallet, ledger, name):
    data, code = BODIES[name]
    with nothing_is_written(ledger):
        refused = cash_desk.post(PATH, data=data, headers=JSON)
    assert_refused(refused, 400, code)


@pytest.mark.parametrize("data", [b"[]", b"null", b"7", b'"x"', b"true", b'[{"amount": -100}]'])
def test_a_body_that_is_no_object_is_refused_and_nothing_is_booked(cash_desk, wallet, ledger, data):
    with nothing_is_written(ledger):
        refused = cash_desk.post(PATH, data=data, headers=JSON)
    assert_refused(refused, 400, "invalid", "body")


@pytest.mark.parametrize(
    "amount",
    [
        "1E+999999",
        "-1E+999999",
        "1e-999999",
        "-1E+9999999999999999999",
        "1E-99999999999999999999",
        "-100.00001",
    ],
)
def test_an_amount_written_to_exhaust_us_is_refused(cash_desk, wallet, ledger, amount):
    data = f'{{"amount": {amount}, "description": "x"}}'
    with nothing_is_written(ledger):
        refused = cash_desk.post(PATH, data=data, headers=JSON)
    assert refused.status_code == 400
    assert refused.json["code"] in ("invalid", "invalid_json")


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/xml", "text/json", "json", None],
)
def test_a_body_that_does_not_say_it_is_json_is_refused(cash_desk, wallet, ledger, media_type):
    headers = {} if media_type is None else {"Content-Type": media_type}
    with nothing_is_written(ledger):
        refused = cash_desk.post(PATH, data=json.dumps(GOOD), headers=headers)
    assert_refused(refused, 400, "unsupported_media_type")


@pytest.mark.parametrize("query", ["dry_run=maybe", "dry_run=1", "dry_run="])
def test_a_dry_run_is_true_or_false(cash_desk, wallet, ledger, query):
    # Anything else could be meant as a dry run and be booked.
    with nothing_is_written(ledger):
        refused = cash_desk.post(f"{PATH}?{query}", GOOD)
    assert_refused(refused, 400, "invalid", "dry_run")


def test_a_product_of_another_terminal_is_refused(coffee_machine, wallet, ledger, app):
    kiosk = Caller(app, install(ledger, "kiosk", offers=()).api_token)
    for caller, products in ((kiosk, ["espresso"]), (coffee_machine, ["espresso", "tea", "ESPRESSO"])):
        with nothing_is_written(ledger):
            refused = caller.post(PATH, {"products": products, "description": "x"})
        assert_refused(refused, 400, "product_not_sold", "products")
    assert refused.json["errors"]["products"] == [
        "'ESPRESSO' is not sold at this terminal.",
        "'tea' is not sold at this terminal.",
    ]


def test_coins_that_do_not_add_up_are_refused(coin_station, wallet, ledger):
    body = {"amount": 300, "description": "x", "coins": [{"denomination": 100, "count": 2}]}
    with nothing_is_written(ledger):
        refused = coin_station.post(PATH, body)
    assert_refused(refused, 400, "coins_do_not_add_up", "coins")


def test_a_purchase_larger_than_one_posting_may_be_is_refused(app, wallet, ledger):
    palace = install(ledger, "palace", offers=(Offer("crown", "Crown", 60_000_000),))
    with nothing_is_written(ledger):
        refused = Caller(app, palace.api_token).post(
            PATH, {"products": ["crown", "crown"], "description": "x"}
        )
    assert (refused.status_code, refused.json["code"]) == (400, "invalid_amount")


def test_a_debit_terminal_cannot_credit_and_a_credit_terminal_cannot_debit(
    coffee_machine, coin_station, wallet, ledger
):
    cases = (
        (coffee_machine, {"amount": 100, "description": "x"}),
        (coin_station, {"amount": -100, "description": "x"}),
        (coin_station, {"products": ["espresso"], "description": "x"}),
    )
    for caller, body in cases:
        with nothing_is_written(ledger):
            refused = caller.post(PATH, body)
        assert_refused(refused, 403, "permission_missing")


UNKNOWN_TOKENS = [
    "04FFFFFF",
    "%00",
    "a%00b",
    "%FF%FE",
    "%ED%A0%80",
    "x" * 65,
    "x" * 5_000,
    "%F0%9F%92%B3",
    "'--",
]


@pytest.mark.parametrize("token", UNKNOWN_TOKENS, ids=lambda token: token[:20])
def test_an_unknown_token_is_refused_on_both_calls(cash_desk, wallet, ledger, token):
    with nothing_is_written(ledger):
        assert_refused(cash_desk.get(f"/pos/wallets/token/{token}"), 404, "token_not_paired")
        refused = cash_desk.post(f"/pos/wallets/token/{token}/transactions", GOOD)
        assert_refused(refused, 404, "token_not_paired")


def test_an_unpaired_token_is_unknown(cash_desk, wallet, ledger, operator):
    ledger.run(unpair_token, actor=operator, token_id=TOKEN)
    with nothing_is_written(ledger):
        assert_refused(cash_desk.get(f"/pos/wallets/token/{TOKEN}"), 404, "token_not_paired")
        assert_refused(cash_desk.post(PATH, GOOD), 404, "token_not_paired")


def test_a_blocked_token_is_refused_on_both_calls(cash_desk, wallet, ledger, operator):
    ledger.run(block_token, actor=operator, token_id=TOKEN)
    with nothing_is_written(ledger):
        assert_refused(cash_desk.get(f"/pos/wallets/token/{TOKEN}"), 404, "token_blocked")
        assert_refused(cash_desk.post(PATH, GOOD), 404, "token_blocked")


def test_a_replaced_token_is_dead_and_the_new_one_opens_the_wallet(cash_desk, wallet, ledger, operator):
    ledger.run(replace_token, actor=operator, wallet_code=wallet.code, new_token_id="04BEEF")
    with nothing_is_written(ledger):
        assert_refused(cash_desk.post(PATH, GOOD), 404, "token_blocked")
    assert cash_desk.post("/pos/wallets/token/04BEEF/transactions", GOOD).status_code == 201
