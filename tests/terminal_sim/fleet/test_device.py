"""A device of the fleet in real time: the real firmware, and everything that people do at it."""

from __future__ import annotations

import time

import pytest

from terminal_sim.fleet.account import Exchange
from terminal_sim.fleet.device import FleetDevice
from terminal_sim.fleet.plan import BUY, LOOK_AND_BUY, TOP_UP, Tap
from tests.terminal_sim.fleet.recorder import recording

ANNA, BEN = "04A1B2C3D4E5F6", "DEADBEEF"
ESPRESSO = [("espresso", "Espresso", 120)]


@pytest.fixture
def recorder():
    """Return a ledger in memory that is being served; Ben has too little for an espresso."""
    with recording() as server:
        server.ledger.balances |= {ANNA: 2000, BEN: 10}
        yield server


def _done(recorder, products, *taps: Tap) -> tuple[list[Exchange], FleetDevice]:
    told: list[Exchange] = []
    done: list[int] = []
    device = FleetDevice("one", recorder.url, "the-terminal", products)
    device.tell = told.append
    device.open(lambda: done.append(1))
    device.start()
    device.ready.wait()
    for tap in taps:
        device.serve(tap)
    deadline_s = time.monotonic() + 90
    while not device.is_at_rest:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    device.stop()
    assert len(done) == len(taps)
    return told, device


def _heard(told: list[Exchange]) -> list[tuple]:
    acts = [each for each in told if each.path != "/pos/terminal"]
    return [
        (each.method, each.path.rpartition("/")[2], each.status, each.answer.get("code")) for each in acts
    ]


def test_people_buy_at_a_bar_and_all_that_was_said_is_told(recorder):
    told, device = _done(recorder, ESPRESSO, Tap(0, "one", ANNA, LOOK_AND_BUY), Tap(0, "one", BEN, BUY))
    assert (device.failure, device.missed) == (None, 0)
    assert _heard(told) == [
        ("GET", ANNA, 200, None),
        ("POST", "transactions?dry_run=true", 200, None),
        ("POST", "transactions", 201, None),
        ("POST", "transactions", 400, "insufficient_balance"),
    ]
    assert all(each.latency_ms > 0 for each in told)
    assert recorder.ledger.balances == {ANNA: 1880, BEN: 10}


def test_people_top_up_at_a_cash_desk(recorder):
    told, device = _done(recorder, [], Tap(0, "one", BEN, TOP_UP, cents=500))
    assert (device.failure, device.missed) == (None, 0)
    assert _heard(told) == [("POST", "transactions", 201, None)]
    assert recorder.ledger.balances[BEN] == 510


def test_a_device_that_cannot_start_says_why(recorder, monkeypatch):
    monkeypatch.setattr("terminal_sim.fleet.device._READY_S", 0)
    _, device = _done(recorder, ESPRESSO)
    assert "Choose a drink" in device.failure
