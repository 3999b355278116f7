"""What must be in the books by what terminals have heard."""

from __future__ import annotations

import json

import pytest

from terminal_sim.fleet.account import Account, Exchange

ANNA = "04A1B2C3D4E5F6"
PATH = f"/pos/wallets/token/{ANNA}/transactions"


@pytest.fixture
def account():
    """Return the account of an evening with one bar."""
    return Account({"bar": {"beer": 400, "water": 150}, "desk": {}})


def _sale(status: int | None = 201, *, key: str = "k1", code: str = "", was_sent: bool = True) -> Exchange:
    body = {"products": ["beer"], "idempotency_key": key}
    answer = {"code": code} if code else {}
    return Exchange("bar", "POST", PATH, body, status, answer, 5.0 if status else None, was_sent)


def _reversal(status: int | None, key: str = "k1") -> Exchange:
    return Exchange("bar", "POST", f"/pos/transactions/{key}/reverse", {"description": "x"}, status)


def _top_up(status: int | None, cents: int = 500) -> Exchange:
    return Exchange("desk", "POST", PATH, {"amount": cents, "idempotency_key": "t1"}, status)


def test_each_key_that_was_acknowledged_counts_once(account):
    for status in (201, 202, 202):
        account.hear(_sale(status))
    account.hear(_sale(201, key="k2"))
    account.hear(_top_up(201))
    assert account.booked_cents()[ANNA] == 500 - 2 * 400
    assert account.repeats == 2
    assert account.unsettled == []


def test_a_lost_answer_is_open_until_the_same_key_is_answered(account):
    account.hear(_sale(None))
    assert [each.key for each in account.unsettled] == ["k1"]
    assert account.booked_cents()[ANNA] == 0
    account.hear(_sale(202))
    assert account.unsettled == []
    assert account.booked_cents()[ANNA] == -400
    assert len(account.doubtful) == 1


def test_what_was_never_sent_leaves_nothing_open(account):
    account.hear(_sale(None, was_sent=False))
    assert account.unsettled == []
    assert account.doubtful == set()
    assert (account.requests, account.unanswered, account.unsent) == (0, 0, 1)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_what_was_given_back_counts_nothing(account, status):
    account.hear(_sale(None))
    account.hear(_reversal(None))
    assert len(account.unsettled) == 1
    account.hear(_reversal(status))
    assert account.unsettled == []
    assert account.booked_cents()[ANNA] == 0


def test_what_was_booked_and_given_back_counts_nothing(account):
    account.hear(_sale(201))
    account.hear(_reversal(201))
    assert account.booked_cents()[ANNA] == 0


def test_a_refusal_moves_nothing_and_is_counted_by_its_kind(account):
    account.hear(_sale(400, code="insufficient_balance"))
    account.hear(_sale(404, key="k2", code="token_not_paired"))
    assert account.unsettled == []
    assert account.booked_cents()[ANNA] == 0
    assert account.refusals == {"insufficient_balance": 1, "token_not_paired": 1}


@pytest.mark.parametrize(("code", "is_open"), [("insufficient_balance", False), ("token_blocked", True)])
def test_after_a_lost_answer_only_some_refusals_prove_that_nothing_was_booked(account, code, is_open):
    account.hear(_sale(None))
    account.hear(_sale(404, code=code))
    assert bool(account.unsettled) is is_open


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_answer_that_asks_for_another_try_decides_nothing(account, status):
    account.hear(_sale(status, code="writer_lost"))
    assert len(account.unsettled) == 1
    assert account.troubles == {"writer_lost": 1}
    assert account.refusals == {}


def test_a_dry_run_and_a_look_book_nothing(account):
    body = {"products": ["beer"], "idempotency_key": "k1"}
    account.hear(Exchange("bar", "POST", f"{PATH}?dry_run=true", body, 200))
    account.hear(Exchange("bar", "GET", f"/pos/wallets/token/{ANNA}", {}, 200))
    assert account.postings == {}
    assert account.requests == 2


def test_equal_keys_of_two_terminals_are_two_postings(account):
    account.hear(_sale(201))
    body = {"amount": 700, "idempotency_key": "k1"}
    account.hear(Exchange("desk", "POST", PATH, body, 201))
    assert account.booked_cents()[ANNA] == 300


def test_receipts_are_what_was_told_as_the_audit_reads_it(account):
    account.hear(_sale(201))
    account.hear(_sale(400, key="k2", code="insufficient_balance"))
    [receipt] = map(json.loads, account.receipts())
    expected = {"terminal": "bar", "idempotency_key": "k1", "status": 201, "token_id": ANNA, "amount": -400}
    assert receipt == expected
