"""Every example of the published document, run word for word against the demo data.

Where the document contradicts itself or BODIES.md §2 decides otherwise, the decision stands beside the
literal that it changes; everything else must be equal, the order of the fields included.
"""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from ledger.demo_data import LedgerNotEmpty, load
from ledger.service import Ledger
from tests.dialects.terminal.documents import literal, with_decided
from tests.factories.ledgers import count
from tests.factories.wallets import open_wallet, top_up
from tests.web.applications import Caller, nothing_is_written

TOKEN_PATH = f"/pos/wallets/token/{quote('<TOKEN_HARDWARE_UUID>')}"
# The document gives this one wallet three users: sebastian.walker, max.mustermann and null.
USER = "sebastian.walker"


@pytest.fixture
def coffee_machine(app, demo) -> Caller:
    """Return the published coffee machine."""
    return Caller(app, demo["coffee_machine_api_token"])


def written(value: object) -> str:
    """Write a value so that the order of its fields counts."""
    return json.dumps(value, indent=1)


def test_the_terminal_answers_as_published(coffee_machine):
    answer = coffee_machine.get("/pos/terminal")
    assert answer.status_code == 200
    assert written(answer.json) == written(literal("terminal_answer.json"))


def test_the_wallet_of_the_token_answers_as_published(coffee_machine):
    answer = coffee_machine.get(TOKEN_PATH)
    assert answer.status_code == 200
    expected = with_decided(literal("wallet_answer.json"), {"data.paired_user": USER})
    assert written(answer.json) == written(expected)


def test_the_wallet_lists_its_transactions_as_published(coffee_machine):
    answer = coffee_machine.get("/pos/wallets/wal_K6lIeaZ9H3UZPqxm")
    assert answer.status_code == 200
    # 24 hours and the house's zone: 08:45 for an evening misleads people (TRAPS.md T-10).
    decided = {
        "transactions.0.timestamp.readable": "31.10.2021 21:45",
        "transactions.1.timestamp.readable": "31.10.2021 21:44",
    }
    expected = with_decided(literal("wallet_with_transactions.json"), decided)
    assert written(answer.json) == written({"data": expected})


def test_the_transaction_runs_as_published_on_the_balance_that_it_needs(coffee_machine, ledger):
    # The published order costs 25 + 25 + 50 and leaves 150: there were 250 before (TRAPS.md T-09).
    top_up(ledger, "wal_K6lIeaZ9H3UZPqxm", 100)
    answer = coffee_machine.post(f"{TOKEN_PATH}/transactions", literal("transaction_request.json"))
    assert answer.status_code == 201
    expected = with_decided(literal("transaction_answer.json"), {"data.paired_user": USER})
    assert written(answer.json) == written(expected)


def test_the_transaction_runs_on_the_demo_data_as_it_is(coffee_machine):
    first = coffee_machine.post(f"{TOKEN_PATH}/transactions", literal("transaction_request.json"))
    again = coffee_machine.post(f"{TOKEN_PATH}/transactions", literal("transaction_request.json"))
    decided = {"data.paired_user": USER, "data.balance": 50}
    expected = with_decided(literal("transaction_answer.json"), decided)
    assert (first.status_code, first.json) == (201, expected)
    assert (again.status_code, again.json) == (202, expected)


def test_a_terminal_is_created_as_the_published_resource_shows_it(admin):
    shown = literal("terminal_after_creation.json")
    answer = admin.post("/pos/terminals", {name: shown[name] for name in shown if name != "api_token"})
    assert answer.status_code == 201
    api_token = answer.json["data"]["api_token"]
    expected = with_decided(shown, {"api_token": api_token})
    assert written(answer.json) == written({"data": expected})
    assert len(api_token) >= 43


def test_the_published_refusals_say_what_the_document_says(coffee_machine, nobody, app, demo):
    refused = nobody.get("/pos/terminal")
    assert (refused.status_code, refused.json) == (401, {"message": "Unauthenticated."})
    unknown = coffee_machine.get("/pos/wallets/token/04FFFFFF")
    assert unknown.status_code == 404
    assert unknown.json["message"] == "This token is not paired to a wallet."
    coin_receptor = Caller(app, demo["coin_receptor_api_token"])
    forbidden = coin_receptor.post(f"{TOKEN_PATH}/transactions", literal("transaction_request.json"))
    assert forbidden.status_code == 403
    invalid = coffee_machine.post(f"{TOKEN_PATH}/transactions", {"products": ["espresso"]})
    assert invalid.status_code == 400
    assert invalid.json["errors"] == {"description": ["Missing data for required field."]}


def test_demo_data_is_loaded_once(ledger: Ledger):
    load(ledger.database, ledger.settings)
    with nothing_is_written(ledger), pytest.raises(LedgerNotEmpty):
        load(ledger.database, ledger.settings)


def test_demo_data_never_mixes_with_a_ledger_in_use(ledger: Ledger):
    open_wallet(ledger)
    with nothing_is_written(ledger), pytest.raises(LedgerNotEmpty):
        load(ledger.database, ledger.settings)
    assert count(ledger, "terminals") == 0


def test_each_api_token_of_the_demo_data_opens_its_terminal(app, demo):
    slugs = ("coffee_machine", "kaffeemaschine", "coin_receptor")
    for slug in slugs:
        answer = Caller(app, demo[f"{slug}_api_token"]).get("/pos/terminal")
        assert answer.json["data"]["id"] == slug
