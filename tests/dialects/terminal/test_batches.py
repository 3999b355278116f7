"""Batches: each transaction has its own result, as if it had come alone."""

from __future__ import annotations

import pytest

from ledger.dialects.terminal.shapes_batches import MAX_TRANSACTIONS
from ledger.domain.wallets.pairing import block_token
from ledger.web.limits import MAX_LARGE_BODY_BYTES
from tests.dialects.terminal.refusals import assert_refused, assert_unauthenticated
from tests.factories.ledgers import count
from tests.factories.wallets import TOKEN, balance_cents, open_wallet
from tests.web.applications import nothing_is_written

PATH = "/pos/batches"
SINGLE = f"/pos/wallets/token/{TOKEN}/transactions"
OTHER = "04FFFFFF"


def entry(key, amount=-10, **more):
    """Return a transaction of a batch."""
    return {
        "token_id": TOKEN, "amount": amount, "description": "Offline", "idempotency_key": key, **more,
    }  # fmt: skip


def send(terminal, *entries):
    """Send a batch and return its results."""
    answer = terminal.post(PATH, {"transactions": list(entries)})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json["data"]["results"]


def test_each_transaction_is_booked_in_the_order_of_the_batch(cash_desk, wallet, ledger):
    results = send(cash_desk, entry("k1", -1000), entry("k2", -1), entry("k3", 50), entry("k4", -1))
    assert [result["status"] for result in results] == [201, 400, 201, 201]
    assert [result["idempotency_key"] for result in results] == ["k1", "k2", "k3", "k4"]
    assert [result["wallet"]["balance"] for result in results if "wallet" in result] == [0, 50, 49]
    assert balance_cents(ledger, wallet) == 49


def test_a_batch_that_is_sent_again_moves_money_once(cash_desk, wallet, ledger):
    entries = [entry(f"k{number}") for number in range(5)]
    first = send(cash_desk, *entries)
    assert {result["status"] for result in first} == {201}
    again = send(cash_desk, *entries)
    assert {result["status"] for result in again} == {202}
    assert {result["wallet"]["balance"] for result in again} == {950}
    assert balance_cents(ledger, wallet) == 950


def test_a_key_books_once_whether_alone_or_in_a_batch(cash_desk, wallet, ledger):
    alone = {name: value for name, value in entry("k1").items() if name != "token_id"}
    assert cash_desk.post(SINGLE, alone).status_code == 201
    assert [result["status"] for result in send(cash_desk, entry("k1"), entry("k2"))] == [202, 201]
    alone["idempotency_key"] = "k2"
    assert cash_desk.post(SINGLE, alone).status_code == 202


def test_a_key_that_stands_twice_in_a_batch_books_once(cash_desk, wallet, ledger):
    results = send(cash_desk, entry("k1"), entry("k1"), entry("k1", -11))
    assert [result["status"] for result in results] == [201, 202, 400]
    assert results[2]["code"] == "idempotency_key_reused"
    assert balance_cents(ledger, wallet) == 990


def test_a_broken_entry_in_the_middle_leaves_its_neighbours(coffee_machine, wallet, ledger):
    broken = {
        "text": "no object",
        "nothing": {},
        "no_amount": {"token_id": TOKEN, "description": "x", "idempotency_key": "b1"},
        "half_a_cent": entry("b2", 0.5),
        "no_key": {"token_id": TOKEN, "amount": -1, "description": "x"},
        "no_wallet": entry("b3", token_id="04000000"),
        "a_credit": entry("b4", 10),
        "too_much": entry("b5", -1000),
        "not_sold": {**entry("b6"), "products": ["tea"]},
    }
    del broken["not_sold"]["amount"]
    for number, (name, middle) in enumerate(broken.items()):
        before = balance_cents(ledger, wallet)
        first, refused, last = send(coffee_machine, entry(f"l{number}"), middle, entry(f"r{number}"))
        assert (first["status"], last["status"]) == (201, 201), name
        assert refused["status"] in (400, 403, 404), name
        assert {"message", "code", "errors"} <= set(refused), name
        assert balance_cents(ledger, wallet) == before - 20, name


def test_a_batch_of_nothing_but_broken_entries_books_nothing(cash_desk, ledger):
    with nothing_is_written(ledger):
        assert [result["status"] for result in send(cash_desk, None, {}, "x")] == [400, 400, 400]


def test_a_refusal_in_a_batch_reads_as_it_would_alone(coffee_machine, wallet):
    alone = coffee_machine.post(SINGLE, {"products": ["espresso"] * 41, "description": "x"})
    asked = {**entry("k1"), "products": ["espresso"] * 41}
    del asked["amount"]
    (refused,) = send(coffee_machine, asked)
    assert {name: refused[name] for name in alone.json} == alone.json
    assert (refused["status"], refused["idempotency_key"]) == (400, "k1")
    assert (refused["balance"], list(refused["errors"])) == (1000, ["products"])


def test_tokens_are_spelled_as_they_were_sent(cash_desk, ledger):
    open_wallet(ledger, "04AABBCC", balance_cents=100)
    (result,) = send(cash_desk, entry("k1", token_id="04:aa:bb:cc"))
    assert result["wallet"]["token_id"] == "04:aa:bb:cc"


def test_an_entry_that_is_nothing_is_refused_by_itself(cash_desk, wallet, ledger):
    results = send(cash_desk, entry("k1"), None, entry("k2"))
    assert [result["status"] for result in results] == [201, 400, 201]
    assert balance_cents(ledger, wallet) == 980


def test_a_purchase_that_needs_what_is_held_says_so_of_its_products(coffee_machine, wallet):
    held = {"amount": 1000, "description": "Vend", "idempotency_key": "h1"}
    assert coffee_machine.post(f"/pos/wallets/token/{TOKEN}/holds", held).status_code == 201
    purchase = {name: value for name, value in entry("k1").items() if name != "amount"}
    (result,) = send(coffee_machine, {**purchase, "products": ["espresso"]})
    said = "Only 0.00 EUR is available: a part of the balance of 10.00 EUR is held."
    assert result["errors"] == {"products": [said]}


def test_what_was_booked_before_its_token_was_blocked_is_not_told_as_lost(
    cash_desk, wallet, ledger, operator
):
    assert send(cash_desk, entry("k1"))[0]["status"] == 201
    ledger.run(block_token, actor=operator, token_id=TOKEN)
    again, late = send(cash_desk, entry("k1"), entry("k2"))
    assert (again["status"], again["wallet"]["balance"], again["wallet"]["token_id"]) == (202, 990, TOKEN)
    assert (late["status"], late["code"]) == (404, "token_blocked")
    assert balance_cents(ledger, wallet) == 990


def test_a_full_batch_is_booked_and_one_more_is_refused_whole(cash_desk, wallet, ledger):
    full = [entry(f"k{number}", -1, description="x" * 255) for number in range(MAX_TRANSACTIONS)]
    assert {result["status"] for result in send(cash_desk, *full)} == {201}
    assert balance_cents(ledger, wallet) == 1000 - MAX_TRANSACTIONS
    with nothing_is_written(ledger):
        one_more = cash_desk.post(PATH, {"transactions": [*full, entry("more")]})
        assert_refused(one_more, 400, "invalid", "transactions")


@pytest.mark.parametrize("body", [{}, {"transactions": []}, {"transactions": {}}, [], "x"])
def test_what_is_no_batch_is_refused_whole(cash_desk, ledger, body):
    with nothing_is_written(ledger):
        answer = cash_desk.post(PATH, body)
        assert (answer.status_code, answer.json["code"]) == (400, "invalid")


def test_a_body_beyond_all_bounds_is_refused_whole(cash_desk, ledger):
    with nothing_is_written(ledger):
        answer = cash_desk.post(PATH, {"transactions": ["x" * MAX_LARGE_BODY_BYTES]})
        assert_refused(answer, 400, "body_too_large")


def test_a_batch_needs_a_terminal(nobody, admin, ledger):
    for caller in (nobody, admin):
        assert_unauthenticated(caller.post(PATH, {"transactions": [entry("k1")]}))
    assert count(ledger, "idempotency_keys") == 0


def test_another_terminals_equal_key_is_another_key(cash_desk, coffee_machine, wallet, ledger):
    results = [send(terminal, entry("k1"))[0] for terminal in (cash_desk, coffee_machine)]
    assert [result["status"] for result in results] == [201, 201]
    assert balance_cents(ledger, wallet) == 980
