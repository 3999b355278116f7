"""Reversing a key: its effect becomes zero for good, whether it had booked anything or not."""

from __future__ import annotations

import pytest

from ledger.domain.wallets.commands import reverse_by_hand
from ledger.domain.wallets.pairing import unpair_token
from tests.dialects.terminal.refusals import assert_refused
from tests.factories.ledgers import count
from tests.factories.wallets import TOKEN, balance_cents
from tests.web.applications import nothing_is_written

PATH = f"/pos/wallets/token/{TOKEN}/transactions"
REVERSE = "/pos/transactions/k1/reverse"
WHY = {"description": "No coffee came out"}
ESPRESSO = {"products": ["espresso"], "description": "Your coffee", "tag": "coffee", "idempotency_key": "k1"}


def test_a_booked_debit_is_given_back_once(coffee_machine, wallet, ledger):
    coffee_machine.post(PATH, ESPRESSO)
    first = coffee_machine.post(REVERSE, WHY)
    assert (first.status_code, first.json["data"]["balance"]) == (201, 1000)
    postings = count(ledger, "postings")
    again = coffee_machine.post(REVERSE, WHY)
    assert (again.status_code, again.json) == (202, first.json)
    assert (count(ledger, "postings"), balance_cents(ledger, wallet)) == (postings, 1000)


def test_a_purchase_and_a_plain_debit_are_given_back_alike(cash_desk, wallet, ledger):
    cash_desk.post(PATH, {"amount": -70, "description": "Copies", "idempotency_key": "k1"})
    assert cash_desk.post(REVERSE, WHY).status_code == 201
    assert balance_cents(ledger, wallet) == 1000


def test_a_reversal_is_a_new_transaction_that_says_why(coffee_machine, wallet):
    coffee_machine.post(PATH, ESPRESSO)
    coffee_machine.post(REVERSE, WHY)
    latest, debit, _ = coffee_machine.get(f"/pos/wallets/{wallet.code}").json["data"]["transactions"]
    assert (latest["amount"], latest["description"]) == (25, "No coffee came out")
    assert latest["terminal"]["id"] == "coffee_machine"
    assert debit["amount"] == -25


def test_a_key_that_booked_nothing_is_void_for_good(coffee_machine, wallet, ledger):
    for _ in range(2):
        answer = coffee_machine.post(REVERSE, WHY)
        assert (answer.status_code, answer.json) == (200, {"data": None})
    with nothing_is_written(ledger):
        assert_refused(coffee_machine.post(PATH, ESPRESSO), 400, "idempotency_key_voided")
    assert balance_cents(ledger, wallet) == 1000


def test_a_refused_debit_leaves_its_key_to_be_voided(coffee_machine, wallet):
    coffee_machine.post(PATH, {"amount": -1001, "description": "x", "idempotency_key": "k1"})
    assert coffee_machine.post(REVERSE, WHY).json == {"data": None}


def test_a_repeat_of_what_was_given_back_is_still_the_old_request(coffee_machine, wallet, ledger):
    coffee_machine.post(PATH, ESPRESSO)
    coffee_machine.post(REVERSE, WHY)
    with nothing_is_written(ledger):
        again = coffee_machine.post(PATH, ESPRESSO)
    assert (again.status_code, again.json["data"]["balance"]) == (202, 1000)


def test_another_terminals_key_is_not_reversed(coffee_machine, cash_desk, wallet, ledger):
    coffee_machine.post(PATH, ESPRESSO)
    assert cash_desk.post(REVERSE, WHY).json == {"data": None}
    assert balance_cents(ledger, wallet) == 975
    assert coffee_machine.post(REVERSE, WHY).status_code == 201


def test_a_credit_stays_credited(cash_desk, coin_station, wallet, ledger):
    for caller, code in ((cash_desk, "reversal_not_permitted"), (coin_station, "permission_missing")):
        caller.post(PATH, {"amount": 200, "description": "Coins", "idempotency_key": "k1"})
        with nothing_is_written(ledger):
            assert_refused(caller.post(REVERSE, WHY), 403, code)


def test_what_people_gave_back_is_not_given_back_again(coffee_machine, wallet, ledger, operator):
    coffee_machine.post(PATH, ESPRESSO)
    latest = coffee_machine.get(f"/pos/wallets/{wallet.code}").json["data"]["transactions"][0]["id"]
    ledger.run(reverse_by_hand, actor=operator, transaction_code=latest, description="Sorry")
    answer = coffee_machine.post(REVERSE, WHY)
    assert (answer.status_code, answer.json["data"]["balance"]) == (202, 1000)


def test_money_goes_back_although_the_token_is_gone(coffee_machine, wallet, ledger, operator):
    coffee_machine.post(PATH, ESPRESSO)
    ledger.run(unpair_token, actor=operator, token_id=TOKEN)
    answer = coffee_machine.post(REVERSE, WHY)
    assert (answer.status_code, answer.json["data"]["balance"]) == (201, 1000)


@pytest.mark.parametrize("key", ["k" * 65, "%00", "a%00b", "k" * 5000])
def test_what_can_be_no_key_is_refused(coffee_machine, ledger, key):
    with nothing_is_written(ledger):
        refused = coffee_machine.post(f"/pos/transactions/{key}/reverse", WHY)
    assert refused.status_code == 400
    assert list(refused.json["errors"]) == ["idempotency_key"]


@pytest.mark.parametrize("body", [{}, {"description": ""}, {"description": "x" * 256}, {"description": 5}])
def test_a_reversal_says_why(coffee_machine, ledger, body):
    with nothing_is_written(ledger):
        assert_refused(coffee_machine.post(REVERSE, body), 400, "invalid", "description")
