"""What is said of an evening."""

from __future__ import annotations

import json

import pytest

from terminal_sim.fleet.account import Account, Exchange
from terminal_sim.fleet.evening import Outcome
from terminal_sim.fleet.premises import Audit
from terminal_sim.fleet.report import Report, percentiles
from terminal_sim.fleet.roster import Difference

PATH = "/pos/wallets/token/04A1B2C3D4E5F6/transactions"


def _sale(status: int | None, key: str, code: str = "") -> Exchange:
    body = {"products": ["beer"], "idempotency_key": key}
    return Exchange("bar", "POST", PATH, body, status, {"code": code}, 12.5 if status else None)


@pytest.fixture
def outcome():
    """Return an evening with one sale, one refusal and one answer that was lost and asked for again."""
    account = Account({"bar": {"beer": 123456}})
    for exchange in (
        *(_sale(201, "k1"), _sale(400, "k2", "insufficient_balance")),
        *(_sale(None, "k3"), _sale(202, "k3")),
    ):
        account.hear(exchange)
    return Outcome(account, planned=3, terminals=2, devices=1, tokens=5, done=3, seconds=6.0)


def test_people_read_all_of_it(outcome):
    text = Report(outcome, Audit(True, ()), 7).text()
    for said in (
        "2 terminals (1 with the real firmware, 1 light), 5 guests, seed 7",
        "3 in 6.0 s, 30 a minute",
        "p50 12.5 ms",
        "2 sales of 2,469.12",
        "1: insufficient_balance 1",
        "1; 1 were asked again with the same key",
        "every balance is what its terminals were told",
        "the ledger's audit holds; it looked for 2 receipts",
    ):
        assert said in text


def test_programs_read_the_same(outcome):
    told = json.loads(json.dumps(Report(outcome, Audit(True, ()), 7).as_dict()))
    assert told["holds"] is True
    assert told["booked"] == {
        "debits": 2,
        "debited_cents": 246912,
        "credits": 0,
        "credited_cents": 0,
        "voided": 0,
    }
    assert told["latency_ms"] == {"p50": 12.5, "p95": 12.5, "p99": 12.5, "max": 12.5}
    assert told["unknown"] == {"met": 1, "left": 0}


def test_whatever_is_wrong_makes_it_fail_and_is_named(outcome):
    assert Report(outcome, None, 1).holds
    assert not Report(outcome, Audit(False, ("W1: 5 cents",)), 1).holds
    assert "W1: 5 cents" in Report(outcome, Audit(False, ("W1: 5 cents",)), 1).text()
    outcome.failures = {"bar": "the VM ended with code 1"}
    assert not Report(outcome, None, 1).holds
    outcome.failures, outcome.differences = {}, [Difference("DEADBEEF", 5, 6)]
    assert not Report(outcome, None, 1).holds
    assert (
        "DEADBEEF: the ledger says 6 cents, its terminals were told of 5" in Report(outcome, None, 1).text()
    )
    outcome.differences = []
    outcome.account.hear(_sale(None, "k4"))
    assert not Report(outcome, None, 1).holds
    assert "the fate of k4" in Report(outcome, None, 1).text()


def test_percentiles_are_those_of_the_ordered_times():
    times_ms = [float(number) for number in range(100, 0, -1)]
    assert percentiles(times_ms) == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
    assert percentiles([]) == {}
