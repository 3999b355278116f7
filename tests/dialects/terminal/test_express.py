"""The short way and Flask's way say and do the same; which one a request went shows in nothing."""

from __future__ import annotations

import re

import pytest
from flask import request

from ledger.app import DIALECTS
from ledger.domain.wallets.pairing import block_token
from ledger.storage.command import Request
from ledger.web.front import Front
from tests.factories.ledgers import count
from tests.factories.wallets import TOKEN, open_wallet
from tests.web.applications import Caller, FrontClient

OTHER = "04BBBBBB"
DEBIT = {"amount": -100, "description": "Münzkaffee ☕", "tag": "coffee", "idempotency_key": "k"}
# What differs between two equal requests on two wallets.
ITS_OWN = re.compile(rb"wal_\w{16}|04BBBBBB|04A2247E|04a2247e|04bbbbbb|req_[\w-]+")

ANSWERED = {
    "debit": DEBIT,
    "without a key": {"amount": -1, "description": "x"},
    "decimal": b'{"amount": -100.0, "description": "x"}',
    "unknown field": {**DEBIT, "colour": "blue"},
    "top up": {
        "amount": 250, "description": "Coins", "coins": [{"denomination": 50, "count": 5}],
    },
    "purchase": {"products": ["espresso", "cappuccino"], "description": "x"},
}  # fmt: skip
REFUSED = {
    "too much": {**DEBIT, "amount": -5000},
    "nothing": {**DEBIT, "amount": 0},
    "half a cent": b'{"amount": -0.5, "description": "x"}',
    "both": {**DEBIT, "products": ["espresso"]},
    "no description": {"amount": -1},
    "not sold": {"products": ["tea"], "description": "x"},
    "wrong coins": {"amount": 5, "description": "x", "coins": [{"denomination": 1, "count": 1}]},
    "no object": [DEBIT],
    "no JSON": b"{",
    "NaN": b'{"amount": NaN}',
    "key too long": {**DEBIT, "idempotency_key": "k" * 65},
    "null as key": {**DEBIT, "idempotency_key": None},
}


@pytest.fixture(autouse=True)
def front(app, monkeypatch) -> Front:
    """Ask the application through a worker's front, which books in this process."""

    async def run(asked: Request):
        runner = app.extensions["tapledger"].runner
        return runner.run(asked.command, actor=asked.actor, key=asked.key, **asked.arguments)

    made = Front(app, DIALECTS, run)
    monkeypatch.setattr(app, "test_client", lambda: FrontClient(made))
    return made


@pytest.fixture
def way(app):
    """Return how many requests have gone Flask's way."""
    went: list[str] = []
    app.before_request(lambda: went.append(request.path))
    return went


@pytest.fixture
def wallets(ledger, wallet):
    """Open a second wallet that is like the first."""
    return wallet, open_wallet(ledger, OTHER, balance_cents=1000)


def both(caller: Caller, body: object, tokens: tuple[str, str] = (TOKEN, OTHER), **options: object):
    """Send the same on both ways: `dry_run=false` says nothing new and is not plain. Returns both answers."""
    content = {"data": body} if isinstance(body, bytes) else {"json": body}
    options = {"content_type": "application/json", **options}
    plain, other = (f"/pos/wallets/token/{token}/transactions" for token in tokens)
    if isinstance(body, dict) and "idempotency_key" in body:
        later = {**body, "idempotency_key": body["idempotency_key"] and f"{body['idempotency_key'][:-1]}2"}
    else:
        later = body
    short = caller.ask("POST", plain, **content, **options)
    content = {"json": later} if "json" in content else content
    return short, caller.ask("POST", f"{other}?dry_run=false", **content, **options)


def same(short, whole) -> bool:
    """Say whether two answers differ only in what is each request's own."""
    told = [ITS_OWN.sub(b"", answer.data) for answer in (short, whole)]
    heads = [
        [(name, value) for name, value in answer.headers if name.lower() != "x-request-id"]
        for answer in (short, whole)
    ]
    return short.status == whole.status and told[0] == told[1] and heads[0] == heads[1]


@pytest.mark.parametrize("case", ANSWERED)
def test_what_is_booked_is_said_alike_and_the_short_way_was_gone(cash_desk, ledger, wallets, way, case):
    before = count(ledger, "postings")
    short, whole = both(cash_desk, ANSWERED[case])
    assert same(short, whole), (short.data, whole.data)
    assert (short.status_code, len(way)) == (201, 1)
    assert count(ledger, "postings") == before + 2


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_said_alike_and_books_nothing(cash_desk, ledger, wallets, case):
    before = count(ledger, "postings"), count(ledger, "idempotency_keys")
    short, whole = both(cash_desk, REFUSED[case])
    assert same(short, whole), (short.data, whole.data)
    assert short.status_code == 400
    assert (count(ledger, "postings"), count(ledger, "idempotency_keys")) == before


def test_a_repeat_and_a_key_that_was_used_for_something_else_are_said_alike(cash_desk, wallets, way):
    both(cash_desk, DEBIT)
    short, whole = both(cash_desk, DEBIT)
    assert same(short, whole)
    assert (short.status_code, len(way)) == (202, 3)
    short, whole = both(cash_desk, {**DEBIT, "amount": -99})
    assert same(short, whole)
    assert short.json["code"] == "idempotency_key_reused"


def test_a_token_is_shown_as_it_was_written(cash_desk, wallets, way):
    short, whole = both(cash_desk, DEBIT, (TOKEN.lower(), OTHER.lower()))
    assert same(short, whole)
    assert (short.json["data"]["token_id"], len(way)) == (TOKEN.lower(), 1)


def test_who_may_not_and_who_is_nobody_hear_the_same(coffee_machine, coin_station, nobody, app, wallets):
    credit = {"amount": 5, "description": "x"}
    for caller, body, status in (
        (coffee_machine, credit, 403),
        (coin_station, DEBIT, 403),
        (nobody, DEBIT, 401),
        (Caller(app, "someone"), DEBIT, 401),
    ):
        short, whole = both(caller, body)
        assert same(short, whole)
        assert short.status_code == status


def test_a_token_of_nobody_and_a_blocked_one_hear_the_same(cash_desk, ledger, operator, wallets):
    both(cash_desk, DEBIT)
    unknown = both(cash_desk, DEBIT, ("04CCCCCC", "04DDDDDD"))
    ledger.run(block_token, actor=operator, token_id=TOKEN)
    ledger.run(block_token, actor=operator, token_id=OTHER)
    # Past the moment for which Flask's way remembers a wallet.
    ledger.clock.advance(seconds=2)
    assert same(*unknown)
    assert unknown[0].status_code == 404
    for body in (DEBIT, {**DEBIT, "amount": -99}, {**DEBIT, "idempotency_key": "later"}, {"amount": 0}):
        blocked = both(cash_desk, body)
        assert same(*blocked)
        assert (blocked[0].status_code, blocked[0].json["code"]) == (404, "token_blocked")


def test_a_mistake_of_ours_is_said_alike_and_its_command_is_run_once(cash_desk, app, wallets, monkeypatch):
    ran = []

    def fail(*_anything, **_more):
        ran.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(app.extensions["tapledger"].runner, "run", fail)
    short, whole = both(cash_desk, DEBIT)
    assert same(short, whole)
    assert (short.status_code, len(ran)) == (500, 2)


def test_a_mistake_before_the_command_is_said_alike_too(cash_desk, app, wallets, monkeypatch):
    def fail(*_anything, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr(app.extensions["tapledger"], "recently", fail)
    short, whole = both(cash_desk, DEBIT)
    assert same(short, whole)
    assert short.status_code == 500


@pytest.mark.parametrize(
    "options",
    [
        {"content_type": "application/json; charset=utf-8"},
        {"content_type": "text/plain"},
        {"headers": {"Transfer-Encoding": "chunked"}},
    ],
    ids=["charset", "no JSON", "in chunks"],
)
def test_what_is_not_plain_goes_the_whole_way(cash_desk, wallets, way, options):
    short, whole = both(cash_desk, b'{"amount": -1, "description": "x"}', **options)
    assert same(short, whole)
    assert len(way) == 2


def test_both_ways_are_counted_under_the_same_route(cash_desk, wallets, nobody):
    named = 'route="/pos/wallets/token/<token_id>/transactions",status="201"'

    def counted() -> float:
        figures = nobody.get("/metrics").text.splitlines()
        found = [line for line in figures if "request_seconds_count" in line and named in line]
        return float(found[0].split()[-1]) if found else 0.0

    before = counted()
    both(cash_desk, DEBIT)
    assert counted() == before + 2
