"""Pairing a token at a terminal with the wallet that waits for its code (X-10)."""

from __future__ import annotations

import pytest

from ledger.domain.wallets.pairing import block_token, issue_pairing_code
from tests.dialects.terminal.refusals import assert_refused
from tests.factories.wallets import TOKEN, open_wallet
from tests.web.applications import nothing_is_written

PATH = "/pos/wallets/token/04BEEF"


@pytest.fixture
def waiting(ledger):
    """Return a wallet that hangs on no token yet."""
    return open_wallet(ledger, None, balance_cents=300)


@pytest.fixture
def pairing_code(ledger, operator, waiting) -> str:
    """Return the code under which the wallet waits."""
    return ledger.run(issue_pairing_code, actor=operator, wallet_code=waiting.code).answer.pairing_code


def test_a_code_pairs_the_token_and_answers_its_wallet(coffee_machine, waiting, pairing_code):
    answer = coffee_machine.put(PATH, {"pairing_code": pairing_code})
    assert answer.status_code == 200
    assert (answer.json["data"]["id"], answer.json["data"]["balance"]) == (waiting.code, 300)
    assert coffee_machine.get(PATH).json == answer.json


def test_the_answer_carries_the_token_as_it_was_written(coffee_machine, pairing_code):
    answer = coffee_machine.put("/pos/wallets/token/04:be:ef", {"pairing_code": pairing_code})
    assert answer.json["data"]["token_id"] == "04:be:ef"


def test_a_code_is_read_as_people_type_it(coffee_machine, pairing_code):
    assert coffee_machine.put(PATH, {"pairing_code": f" {pairing_code.lower()} "}).status_code == 200


def test_a_code_is_used_once(coffee_machine, ledger, pairing_code):
    coffee_machine.put(PATH, {"pairing_code": pairing_code})
    with nothing_is_written(ledger):
        refused = coffee_machine.put("/pos/wallets/token/04CAFE", {"pairing_code": pairing_code})
    assert_refused(refused, 404, "pairing_code_unknown")


def test_a_code_is_good_for_ten_minutes(coffee_machine, ledger, clock, pairing_code):
    clock.advance(minutes=10)
    with nothing_is_written(ledger):
        refused = coffee_machine.put(PATH, {"pairing_code": pairing_code})
    assert_refused(refused, 404, "pairing_code_unknown")


def test_a_token_that_has_a_wallet_keeps_it_and_the_code_stays_good(
    coffee_machine, ledger, operator, wallet, pairing_code
):
    for _ in range(2):
        with nothing_is_written(ledger):
            refused = coffee_machine.put(f"/pos/wallets/token/{TOKEN}", {"pairing_code": pairing_code})
        assert_refused(refused, 400, "token_already_paired")
        ledger.run(block_token, actor=operator, token_id=TOKEN)
    assert coffee_machine.put(PATH, {"pairing_code": pairing_code}).status_code == 200


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("08AABBCC", "random_token"),
        ("08:aa:bb:cc", "random_token"),
        ("%2004BEEF", "invalid_token_id"),
        ("04%00BEEF", "invalid_token_id"),
        ("x" * 65, "invalid_token_id"),
        ("a%0Ab", "invalid_token_id"),
    ],
)
def test_what_can_carry_no_wallet_is_not_paired(coffee_machine, ledger, pairing_code, token, code):
    with nothing_is_written(ledger):
        refused = coffee_machine.put(f"/pos/wallets/token/{token}", {"pairing_code": pairing_code})
    assert_refused(refused, 400, code, "token_id")


@pytest.mark.parametrize(
    "body", [{}, {"pairing_code": ""}, {"pairing_code": 12345678}, {"pairing_code": "x" * 33}]
)
def test_a_code_is_text(coffee_machine, ledger, body):
    with nothing_is_written(ledger):
        assert_refused(coffee_machine.put(PATH, body), 400, "invalid", "pairing_code")


def test_a_guessed_code_is_unknown(coffee_machine, ledger, pairing_code):
    with nothing_is_written(ledger):
        refused = coffee_machine.put(PATH, {"pairing_code": "AAAAAAAA"})
    assert_refused(refused, 404, "pairing_code_unknown")
