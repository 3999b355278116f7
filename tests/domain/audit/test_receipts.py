"""Receipts: what terminals were told is in the books, and what is not there is named."""

from __future__ import annotations

import json

import pytest

from ledger.domain.audit.errors import ReceiptUnreadable
from ledger.domain.audit.proofs import NAMED, prove_receipts
from ledger.domain.audit.rules import read_receipt
from tests.conftest import BOTH_DATABASES
from tests.factories import ledgers
from tests.factories.evenings import KEYS, TOKEN, play_evening

WHOLE = {
    "terminal": "coffee_machine",
    "idempotency_key": KEYS[0],
    "status": 201,
    "token_id": TOKEN,
    "amount": -100,
}


@pytest.fixture(params=BOTH_DATABASES)
def database_name(request):
    """Return each database in turn."""
    return request.param


@pytest.fixture
def told(ledger):
    """Return what the terminal of an evening was told."""
    play_evening(ledger)
    amounts = {KEYS[0]: -100, KEYS[1]: -200, KEYS[2]: -300, "coffee": -75, "coins": 250}
    return [{**WHOLE, "idempotency_key": key, "amount": amount} for key, amount in amounts.items()]


def _proof(ledger, told):
    receipts = [read_receipt(number, json.dumps(line)) for number, line in enumerate(told, start=1)]
    return ledger.read(prove_receipts, receipts=receipts)


def test_what_was_told_is_in_the_books(ledger, told):
    proof = _proof(ledger, told)
    assert (proof.holds, proof.checked) == (True, 5)


def test_a_repeat_was_told_of_the_same_booking(ledger, told):
    told.append(told[0] | {"status": 202, "token_id": "04:a2:24:6b:7e:11:90"})
    assert _proof(ledger, told).holds


def test_the_transaction_that_was_told_is_the_one_in_the_books(ledger, told):
    [(code,)] = ledgers.rows(ledger, "SELECT code FROM postings WHERE amount_cents = 300")
    told[2]["transaction"] = code
    assert _proof(ledger, told).holds
    told[2]["transaction"] = "txn_ofTheLostPrimary"
    [finding] = _proof(ledger, told).findings
    assert f"booked as {code}, and txn_ofTheLostPrimary is gone" in finding


@pytest.mark.parametrize(
    ("told_otherwise", "says"),
    [
        ({"idempotency_key": "lost"}, "line 1, coffee_machine, key lost: the books do not have it"),
        ({"terminal": "another"}, "line 1, another, key morning: the books do not have it"),
        ({"idempotency_key": "installed"}, "do not have it"),
        ({"idempotency_key": "never used"}, "do not have it"),
        ({"amount": 100}, "moved -100 cents, and not 100"),
        ({"amount": -99}, "moved -100 cents, and not -99"),
        ({"token_id": "lost"}, "on the wallet of another token"),
    ],
)
def test_what_the_books_do_not_say_is_found(ledger, told, told_otherwise, says):
    told[0] |= told_otherwise
    [finding] = _proof(ledger, told).findings
    assert says in finding


def test_books_that_balance_may_have_lost_what_was_answered(ledger, told):
    told += [{**WHOLE, "idempotency_key": f"lost {number}", "terminal": "bar"} for number in range(1_200)]
    assert not ledgers.broken_proofs(ledger)
    proof = _proof(ledger, told)
    assert proof.checked == 1_205
    assert len(proof.findings) == NAMED + 1
    assert proof.findings[-1] == "and 1180 more: 1200 receipts in all are not in the books"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "Line 7 of the receipts is no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no JSON object"),
        ({"terminal": None}, "no terminal"),
        ({"idempotency_key": ""}, "no idempotency_key"),
        ({"token_id": "a\0"}, "no token_id"),
        ({"token_id": 5}, "no token_id"),
        ({"status": 200}, "no status of 201 or 202"),
        ({"status": "201"}, "no status of 201 or 202"),
        ({"amount": 1.5}, "no amount in whole, signed cents"),
        ({"amount": True}, "no amount"),
        ({"amount": "100"}, "no amount"),
        ({"transaction": 7}, "names no transaction"),
    ],
)
def test_what_is_no_receipt_is_refused_with_its_line(line, says):
    with pytest.raises(ReceiptUnreadable, match=says):
        read_receipt(7, line if isinstance(line, str) else json.dumps(WHOLE | line))
