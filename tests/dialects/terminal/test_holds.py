"""Holds through the terminal API: reserved, captured, released, over; and what is wrong with a request."""

from __future__ import annotations

import pytest

from ledger.domain.wallets.pairing import block_token
from tests.dialects.terminal.refusals import assert_refused
from tests.factories.ledgers import count
from tests.factories.wallets import TOKEN, balance_cents
from tests.web.applications import nothing_is_written

PATH = f"/pos/wallets/token/{TOKEN}/holds"
TRANSACTIONS = f"/pos/wallets/token/{TOKEN}/transactions"
VEND = {"amount": 300, "description": "A vend", "idempotency_key": "k1"}
ABSENT = "(not sent)"


@pytest.fixture
def hold(coffee_machine, wallet):
    """Return the path of a hold of 3.00 out of 10.00."""
    return f"/pos/holds/{coffee_machine.post(PATH, VEND).json['data']['id']}"


def test_a_reservation_answers_the_hold(coffee_machine, wallet):
    answer = coffee_machine.post(PATH.replace("04A2247E", "04:a2:24:7e"), VEND)
    assert answer.status_code == 201
    data = answer.json["data"]
    assert data.pop("id").startswith("hld_")
    assert data == {
        "token_id": "04:a2:24:7e",
        "amount": 300,
        "captured": 0,
        "state": "open",
        "expires_at": "2021-10-31T20:46:11.000000Z",
        "balance": 1000,
        "available": 700,
    }


def test_a_hold_lives_as_long_as_was_asked_for(coffee_machine, wallet):
    answer = coffee_machine.post(PATH, VEND | {"expires_in_s": 3600})
    assert answer.json["data"]["expires_at"] == "2021-10-31T21:44:11.000000Z"


def test_a_wallet_shows_its_balance_as_the_books_have_it(coffee_machine, hold):
    assert coffee_machine.get(f"/pos/wallets/token/{TOKEN}").json["data"]["balance"] == 1000


def test_a_transaction_that_needs_what_is_held_is_told_what_is_left(coffee_machine, hold, ledger):
    with nothing_is_written(ledger):
        refused = coffee_machine.post(TRANSACTIONS, {"amount": -701, "description": "x"})
    assert_refused(refused, 400, "insufficient_balance", "amount")
    assert (refused.json["balance"], refused.json["available"]) == (1000, 700)
    said = "Only 7.00 EUR is available: a part of the balance of 10.00 EUR is held."
    assert refused.json["errors"]["amount"] == [said]


def test_without_a_hold_a_balance_too_small_is_told_as_ever(coffee_machine, wallet):
    refused = coffee_machine.post(TRANSACTIONS, {"amount": -1001, "description": "x"})
    assert "available" not in refused.json


def test_a_capture_takes_all_or_less_and_is_a_transaction(coffee_machine, wallet, hold):
    answer = coffee_machine.post(f"{hold}/capture", {"amount": 120, "idempotency_key": "c1"})
    assert answer.status_code == 201
    data = answer.json["data"]
    assert (data["state"], data["captured"], data["amount"]) == ("captured", 120, 300)
    assert (data["balance"], data["available"]) == (880, 880)
    [latest, _] = coffee_machine.get(f"/pos/wallets/{wallet.code}").json["data"]["transactions"]
    assert (latest["amount"], latest["description"]) == (-120, "A vend")
    assert latest["terminal"]["id"] == "coffee_machine"


def test_a_repeat_is_answered_202_with_the_hold_as_it_is_now(coffee_machine, hold, ledger):
    asked = [(PATH, VEND), (f"{hold}/capture", {"idempotency_key": "c1"})]
    coffee_machine.post(*asked[1])
    coffee_machine.post(TRANSACTIONS, {"amount": -100, "description": "x"})
    with nothing_is_written(ledger):
        for path, body in asked:
            again = coffee_machine.post(path, body)
            assert again.status_code == 202
            data = again.json["data"]
            assert (data["state"], data["balance"], data["available"]) == ("captured", 600, 600)


def test_a_repeated_reservation_of_what_is_over_says_so(coffee_machine, hold, ledger):
    ledger.clock.advance(seconds=120)
    again = coffee_machine.post(PATH, VEND)
    assert (again.status_code, again.json["data"]["state"]) == (202, "expired")
    assert again.json["data"]["available"] == 1000


def test_a_release_frees_it_once(coffee_machine, hold, ledger):
    first = coffee_machine.post(f"{hold}/release", {"idempotency_key": "r1"})
    assert (first.status_code, first.json["data"]["state"]) == (201, "released")
    assert first.json["data"]["available"] == 1000
    for key in ("r1", "r2"):
        again = coffee_machine.post(f"{hold}/release", {"idempotency_key": key})
        assert (again.status_code, again.json) == (202, first.json)


def test_a_hold_that_is_over_cannot_be_captured_and_is_free_to_release(coffee_machine, hold, ledger):
    ledger.clock.advance(seconds=120)
    with nothing_is_written(ledger):
        refused = coffee_machine.post(f"{hold}/capture", {"idempotency_key": "c1"})
    assert_refused(refused, 400, "hold_expired")
    released = coffee_machine.post(f"{hold}/release", {"idempotency_key": "r1"})
    assert (released.status_code, released.json["data"]["state"]) == (202, "expired")


def test_a_captured_hold_is_neither_captured_nor_released_again(coffee_machine, hold, ledger):
    coffee_machine.post(f"{hold}/capture", {"idempotency_key": "c1", "amount": 1})
    for deed in ("capture", "release"):
        with nothing_is_written(ledger):
            assert_refused(
                coffee_machine.post(f"{hold}/{deed}", {"idempotency_key": "x"}), 400, "hold_closed"
            )


def test_more_than_was_held_is_not_captured(coffee_machine, hold, ledger):
    with nothing_is_written(ledger):
        refused = coffee_machine.post(f"{hold}/capture", {"idempotency_key": "c1", "amount": 301})
    assert_refused(refused, 400, "capture_exceeds_hold", "amount")
    # A refused attempt does not use up its key.
    assert coffee_machine.post(f"{hold}/capture", {"idempotency_key": "c1", "amount": 300}).status_code == 201


def test_a_capture_is_given_back_by_reversing_its_key(coffee_machine, wallet, hold, ledger):
    coffee_machine.post(f"{hold}/capture", {"idempotency_key": "c1"})
    reversed_ = coffee_machine.post("/pos/transactions/c1/reverse", {"description": "Nothing came out"})
    assert (reversed_.status_code, reversed_.json["data"]["balance"]) == (201, 1000)


def test_a_reservation_that_never_arrived_is_voided_by_reversing_its_key(coffee_machine, wallet, ledger):
    answer = coffee_machine.post("/pos/transactions/k1/reverse", {"description": "No answer"})
    assert answer.json == {"data": None}
    assert_refused(coffee_machine.post(PATH, VEND), 400, "idempotency_key_voided")
    assert count(ledger, "holds") == 0


def test_a_reservation_that_has_arrived_is_released_not_reversed(coffee_machine, hold, ledger):
    with nothing_is_written(ledger):
        refused = coffee_machine.post("/pos/transactions/k1/reverse", {"description": "No answer"})
    assert_refused(refused, 403, "reversal_not_permitted")


def test_another_terminals_hold_is_not_ours(cash_desk, hold, ledger):
    for deed in ("capture", "release"):
        with nothing_is_written(ledger):
            refused = cash_desk.post(f"{hold}/{deed}", {"idempotency_key": "x"})
        assert_refused(refused, 403, "hold_not_permitted")


def test_who_may_not_debit_may_not_hold(coin_station, hold, ledger):
    for path, body in ((PATH, VEND), (f"{hold}/capture", {"idempotency_key": "x"})):
        with nothing_is_written(ledger):
            assert_refused(coin_station.post(path, body), 403, "permission_missing")


def test_a_blocked_token_holds_nothing(coffee_machine, hold, ledger, operator):
    ledger.run(block_token, actor=operator, token_id=TOKEN)
    with nothing_is_written(ledger):
        assert_refused(coffee_machine.post(PATH, VEND | {"idempotency_key": "k2"}), 404, "token_blocked")
    assert coffee_machine.post(f"{hold}/capture", {"idempotency_key": "c1"}).status_code == 201


@pytest.mark.parametrize("deed", ["capture", "release"])
@pytest.mark.parametrize("code", ["hld_nobody", "%00", "%ED%A0%80", "x" * 5000, "'--"], ids=lambda c: c[:9])
def test_an_unknown_hold_is_404(coffee_machine, wallet, ledger, deed, code):
    with nothing_is_written(ledger):
        refused = coffee_machine.post(f"/pos/holds/{code}/{deed}", {"idempotency_key": "x"})
    assert_refused(refused, 404, "hold_unknown")


WRONG_FIELDS = [
    *(({"amount": wrong}, "amount") for wrong in (-300, 0, 1.5, "300", True, None, 100_000_001, ABSENT)),
    *(({"description": wrong}, "description") for wrong in ("", "x" * 256, 5, ABSENT)),
    *(({"tag": wrong}, "tag") for wrong in ("", "x" * 65)),
    *(({"idempotency_key": wrong}, "idempotency_key") for wrong in ("", None, "k" * 65, ABSENT)),
    *(({"expires_in_s": wrong}, "expires_in_s") for wrong in (0, -1, 86_401, 1.5, "60", None, True)),
]


@pytest.mark.parametrize(("changes", "field"), WRONG_FIELDS, ids=lambda value: repr(value)[:60])
def test_a_wrong_field_of_a_reservation_is_named(coffee_machine, wallet, ledger, changes, field):
    body = {name: value for name, value in (VEND | changes).items() if value is not ABSENT}
    with nothing_is_written(ledger):
        assert_refused(coffee_machine.post(PATH, body), 400, "invalid", field)


@pytest.mark.parametrize("amount", [0, -1, 1.5, "1", None, True, 10**30])
def test_a_capture_of_no_amount_is_refused(coffee_machine, hold, ledger, amount):
    with nothing_is_written(ledger):
        refused = coffee_machine.post(f"{hold}/capture", {"idempotency_key": "c1", "amount": amount})
    assert_refused(refused, 400, "invalid", "amount")


@pytest.mark.parametrize("deed", ["capture", "release"])
def test_the_end_of_a_hold_has_a_key_of_its_own(coffee_machine, hold, ledger, deed):
    with nothing_is_written(ledger):
        assert_refused(coffee_machine.post(f"{hold}/{deed}", {}), 400, "invalid", "idempotency_key")
        # The key of the reservation has started something else.
        refused = coffee_machine.post(f"{hold}/{deed}", {"idempotency_key": "k1"})
        assert_refused(refused, 400, "idempotency_key_reused")


def test_a_hold_reduces_no_balance_by_itself(coffee_machine, wallet, hold, ledger):
    ledger.clock.advance(days=1)
    assert balance_cents(ledger, wallet) == 1000
