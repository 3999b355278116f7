"""What is checked first: 401, 404, 400, the key, 403, the balance (BODIES.md §2), proved pair by pair."""

from __future__ import annotations

from itertools import combinations

import pytest

from ledger.domain.wallets.pairing import block_token, unpair_token
from tests.dialects.terminal.refusals import assert_refused
from tests.factories.wallets import TOKEN
from tests.web.applications import Caller, nothing_is_written

# Each fault as it changes a request that would be booked, in the order in which they are found.
FAULTS = ["credential", "token", "body", "key", "permission", "balance"]
ANSWERS = {
    "credential": (401, None),
    "token": (404, "token_not_paired"),
    "body": (400, "invalid"),
    "key": (400, "idempotency_key_reused"),
    "permission": (403, "permission_missing"),
    "balance": (400, "insufficient_balance"),
}


def ask(callers: dict[str, Caller], faults: tuple[str, ...]):
    """Send a debit with these faults in it."""
    body = {"amount": -5000 if "balance" in faults else -100, "description": "Your order"}
    if "body" in faults:
        del body["description"]
    debits = "permission" not in faults
    if "key" in faults:
        body["idempotency_key"] = "used"
    caller = callers["nobody" if "credential" in faults else "desk" if debits else "station"]
    token = "04FFFFFF" if "token" in faults else TOKEN
    return caller.post(f"/pos/wallets/token/{token}/transactions", body)


@pytest.fixture
def callers(cash_desk, coin_station, nobody, wallet) -> dict[str, Caller]:
    """Return a terminal that may debit, one that may not, and nobody; both have used the key `used`."""
    credit = {"amount": 1, "description": "Before", "idempotency_key": "used"}
    for caller in (cash_desk, coin_station):
        assert caller.post(f"/pos/wallets/token/{TOKEN}/transactions", credit).status_code == 201
    return {"desk": cash_desk, "station": coin_station, "nobody": nobody}


def test_without_a_fault_it_is_booked(callers):
    assert ask(callers, ()).status_code == 201


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_has_its_own_answer(callers, ledger, fault):
    with nothing_is_written(ledger):
        refused = ask(callers, (fault,))
    assert (refused.status_code, refused.json.get("code")) == ANSWERS[fault]


@pytest.mark.parametrize("faults", list(combinations(FAULTS, 2)), ids="-before-".join)
def test_of_two_faults_the_first_in_order_is_said(callers, ledger, faults):
    with nothing_is_written(ledger):
        refused = ask(callers, faults)
    assert (refused.status_code, refused.json.get("code")) == ANSWERS[faults[0]]


def test_all_faults_together_are_a_missing_credential(callers, ledger):
    with nothing_is_written(ledger):
        assert ask(callers, tuple(FAULTS)).status_code == 401


def test_a_repeat_is_recognised_before_anything_else_of_the_command(callers, ledger):
    # The balance is gone since, and the terminal would be refused today: what was booked stays booked.
    path = f"/pos/wallets/token/{TOKEN}/transactions"
    body = {"amount": -1000, "description": "All of it", "idempotency_key": "all"}
    assert callers["desk"].post(path, body).status_code == 201
    with nothing_is_written(ledger):
        assert callers["desk"].post(path, body).status_code == 202


def test_a_broken_body_to_an_unknown_token_is_about_the_token(callers):
    path = "/pos/wallets/token/04FFFFFF/transactions"
    refused = callers["desk"].post(path, data="{", headers={"Content-Type": "text/plain"})
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("end", "code"), [(unpair_token, "token_not_paired"), (block_token, "token_blocked")]
)
def test_a_token_that_is_dead_since_is_404_even_to_a_repeat_and_two_other_ways_tell_what_was_booked(
    callers, ledger, operator, clock, end, code
):
    path = f"/pos/wallets/token/{TOKEN}/transactions"
    body = {"amount": -100, "description": "x", "idempotency_key": "k"}
    callers["desk"].post(path, body)
    ledger.run(end, actor=operator, token_id=TOKEN)
    # The door remembers for a second that there was a wallet; the booking finds out for itself.
    clock.advance(seconds=1)
    with nothing_is_written(ledger):
        assert_refused(callers["desk"].post(path, body), 404, code)
        batch = callers["desk"].post("/pos/batches", {"transactions": [{**body, "token_id": TOKEN}]})
        assert [result["status"] for result in batch.json["data"]["results"]] == [202]
    assert callers["desk"].post("/pos/transactions/k/reverse", {"description": "x"}).status_code == 201
