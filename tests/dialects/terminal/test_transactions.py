"""Executing transactions (S1-03): what is booked, what is answered, and what a key holds."""

from __future__ import annotations

import pytest

from ledger.domain.catalog.records import Offer
from ledger.domain.wallets.commands import top_up_by_hand
from tests.factories.ledgers import count, rows
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, balance_cents, open_wallet
from tests.web.applications import Caller, nothing_is_written

PATH = f"/pos/wallets/token/{TOKEN}/transactions"
ESPRESSO = {"products": ["espresso"], "description": "Your coffee", "tag": "coffee", "idempotency_key": "k1"}


def test_a_purchase_counts_every_occurrence_and_answers_the_new_balance(coffee_machine, wallet):
    body = ESPRESSO | {"products": ["espresso", "cappuccino", "espresso"]}
    answer = coffee_machine.post(PATH, body)
    assert answer.status_code == 201
    assert answer.json["data"]["balance"] == 1000 - 25 - 50 - 25
    assert "transactions" not in answer.json["data"]


def test_a_negative_amount_is_debited(coffee_machine, wallet):
    answer = coffee_machine.post(PATH, {"amount": -130, "description": "Copies"})
    assert (answer.status_code, answer.json["data"]["balance"]) == (201, 870)


def test_a_positive_amount_with_its_coins_is_credited(coin_station, wallet):
    coins = [{"denomination": 100, "count": 2}, {"denomination": 50, "count": 1}]
    body = {"amount": 250, "description": "Münzeinwurf", "tag": "topup", "coins": coins}
    answer = coin_station.post(PATH, body)
    assert (answer.status_code, answer.json["data"]["balance"]) == (201, 1250)


def test_a_whole_number_may_be_written_with_a_fraction_of_zero(coffee_machine, wallet):
    headers = {"Content-Type": "application/json"}
    for amount in ("-5e2", "-200.0", "-300.000e0"):
        data = f'{{"amount": {amount}, "description": "x"}}'
        assert coffee_machine.post(PATH, data=data, headers=headers).status_code == 201
    assert coffee_machine.get(f"/pos/wallets/token/{TOKEN}").json["data"]["balance"] == 0


def test_a_body_is_json_under_each_name_of_json(coffee_machine, wallet):
    for media_type in ("application/json; charset=utf-8", "application/vnd.api+json", "APPLICATION/JSON"):
        headers = {"Content-Type": media_type}
        data = '{"amount": -1, "description": "Kaffee für Zoë"}'.encode()
        assert coffee_machine.post(PATH, data=data, headers=headers).status_code == 201


def test_a_wallet_is_emptied_to_its_last_cent_and_not_beyond(coffee_machine, wallet, ledger):
    assert coffee_machine.post(PATH, {"amount": -1000, "description": "x"}).json["data"]["balance"] == 0
    with nothing_is_written(ledger):
        refused = coffee_machine.post(PATH, ESPRESSO)
    assert refused.status_code == 400
    assert refused.json == {
        "message": "Insufficient balance.",
        "code": "insufficient_balance",
        "errors": {"products": ["The balance of 0.00 EUR does not cover this."]},
        "balance": 0,
    }


def test_an_amount_that_the_balance_does_not_cover_is_named_as_amount(coffee_machine, wallet, ledger):
    with nothing_is_written(ledger):
        refused = coffee_machine.post(PATH, {"amount": -1001, "description": "x"})
    assert refused.json["errors"] == {"amount": ["The balance of 10.00 EUR does not cover this."]}
    assert refused.json["balance"] == 1000


def test_an_overdraft_limit_lets_the_balance_go_below_zero(coffee_machine, ledger):
    open_wallet(ledger, "04BB", overdraft_limit_cents=30)
    path = "/pos/wallets/token/04BB/transactions"
    assert coffee_machine.post(path, ESPRESSO).json["data"]["balance"] == -25
    refused = coffee_machine.post(path, ESPRESSO | {"idempotency_key": "k2"})
    assert (refused.status_code, refused.json["balance"]) == (400, -25)


def test_a_repeat_answers_202_with_the_wallet_as_it_is_now(coffee_machine, cash_desk, wallet, ledger):
    assert coffee_machine.post(PATH, ESPRESSO).status_code == 201
    assert cash_desk.post(PATH, {"amount": 500, "description": "Cash"}).status_code == 201
    with nothing_is_written(ledger):
        again = coffee_machine.post(PATH, ESPRESSO)
    assert (again.status_code, again.json["data"]["balance"]) == (202, 1000 - 25 + 500)


@pytest.mark.parametrize(
    "other",
    [
        {"products": ["cappuccino"]},
        {"products": ["espresso", "espresso"]},
        {"description": "Another"},
        {"tag": None},
    ],
)
def test_a_key_stands_for_one_content(coffee_machine, wallet, ledger, other):
    coffee_machine.post(PATH, ESPRESSO)
    with nothing_is_written(ledger):
        reused = coffee_machine.post(PATH, ESPRESSO | other)
    assert (reused.status_code, reused.json["code"]) == (400, "idempotency_key_reused")


def test_a_key_stands_for_one_token(coffee_machine, wallet, ledger):
    open_wallet(ledger, "04BB", balance_cents=100)
    coffee_machine.post(PATH, ESPRESSO)
    with nothing_is_written(ledger):
        reused = coffee_machine.post("/pos/wallets/token/04BB/transactions", ESPRESSO)
    assert (reused.status_code, reused.json["code"]) == (400, "idempotency_key_reused")


def test_a_key_stands_for_products_or_amount(cash_desk, wallet, ledger):
    cash_desk.post(PATH, ESPRESSO)
    for amount in (-25, 25):
        with nothing_is_written(ledger):
            reused = cash_desk.post(PATH, {"amount": amount, "description": "x", "idempotency_key": "k1"})
        assert reused.json["code"] == "idempotency_key_reused"


def test_a_repeat_may_write_the_same_request_in_another_way(coffee_machine, wallet):
    coffee_machine.post(PATH, ESPRESSO)
    spelled = coffee_machine.post("/pos/wallets/token/04:a2:24:7e/transactions/", ESPRESSO | {"seen": "new"})
    assert spelled.status_code == 202
    assert spelled.json["data"]["token_id"] == "04:a2:24:7e"


def test_without_a_key_each_request_is_booked(coffee_machine, wallet):
    body = {"products": ["espresso"], "description": "Your coffee"}
    assert [coffee_machine.post(PATH, body).status_code for _ in range(2)] == [201, 201]
    assert coffee_machine.get(f"/pos/wallets/token/{TOKEN}").json["data"]["balance"] == 950


def test_a_dry_run_answers_the_balance_after_and_keeps_nothing(coffee_machine, wallet, ledger):
    with nothing_is_written(ledger):
        dry = coffee_machine.post(f"{PATH}?dry_run=true", ESPRESSO)
    assert (dry.status_code, dry.json["data"]["balance"]) == (200, 975)
    wet = coffee_machine.post(f"{PATH}?dry_run=false", ESPRESSO)
    assert (wet.status_code, wet.json["data"]["balance"]) == (201, 975)


def test_a_dry_run_of_what_is_booked_says_so(coffee_machine, wallet):
    coffee_machine.post(PATH, ESPRESSO)
    assert coffee_machine.post(f"{PATH}?dry_run=true", ESPRESSO).status_code == 202


def test_a_dry_run_refuses_what_the_real_one_would(coffee_machine, wallet, ledger):
    with nothing_is_written(ledger):
        refused = coffee_machine.post(f"{PATH}?dry_run=true", {"amount": -1001, "description": "x"})
    assert (refused.status_code, refused.json["code"]) == (400, "insufficient_balance")


def test_the_price_is_that_of_the_moment_and_of_this_terminal(app, wallet, ledger, cash_desk):
    dear = install(ledger, "kiosk", offers=(Offer("espresso", "Espresso", 40),))
    assert Caller(app, dear.api_token).post(PATH, ESPRESSO).json["data"]["balance"] == 960
    assert cash_desk.post(PATH, ESPRESSO).json["data"]["balance"] == 935


def test_an_answer_is_about_the_wallet_and_carries_the_callers_own_spelling(coffee_machine, wallet):
    answer = coffee_machine.post("/pos/wallets/token/04-a2-24-7E/transactions", ESPRESSO)
    assert answer.json["data"] == {
        "id": wallet.code,
        "token_id": "04-a2-24-7E",
        "created_at": "2021-10-31T20:44:11.000000Z",
        "balance": 975,
        "paired_user": None,
    }


def test_what_is_booked_says_what_it_was_and_who_asked_for_it(coffee_machine, wallet, ledger):
    coffee_machine.post(PATH, ESPRESSO)
    found = rows(ledger, "SELECT description, tag, amount_cents FROM postings ORDER BY id DESC LIMIT 1")
    assert found == [("Your coffee", "coffee", 25)]
    who = rows(ledger, "SELECT actor_kind, actor_name, origin FROM audit_log ORDER BY id DESC LIMIT 1")
    assert who == [("terminal", "coffee_machine", "127.0.0.1")]


def test_the_key_of_a_posting_by_hand_is_nobody_elses(coffee_machine, wallet, ledger, operator):
    arguments = {"wallet_code": wallet.code, "amount_cents": 5, "description": "x"}
    ledger.run(top_up_by_hand, actor=operator, key="k1", **arguments)
    assert coffee_machine.post(PATH, ESPRESSO).status_code == 201
    assert balance_cents(ledger, wallet) == 980
    assert count(ledger, "idempotency_keys") == 2
