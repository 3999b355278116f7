"""Real threads at one hold: whoever comes first ends it, and everybody else hears that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.domain.books.errors import FloorReached, HoldClosed, HoldExpired
from ledger.domain.holds.commands import capture, expire, release, reserve
from ledger.domain.wallets.commands import debit
from ledger.foundation.clock import HeldClock
from ledger.foundation.errors import Refusal
from ledger.service import Ledger
from tests.factories.holds import VEND, held_cents
from tests.factories.ledgers import another_process_of, count, rows
from tests.factories.moments import at_once
from tests.factories.terminals import install
from tests.factories.wallets import balance_cents

ROUNDS = 6


@pytest.fixture
def actor(ledger):
    """Return a terminal."""
    return install(ledger).actor


@pytest.fixture
def offices(ledger):
    """Give two holds on the same books, as two server processes have."""
    other = another_process_of(ledger)
    yield [ledger, other]
    other.database.close()


@pytest.fixture
def tomorrow(ledger):
    """Give an office whose clock is a day and a second ahead: to it, every hold is over."""
    other = another_process_of(ledger)
    ahead = HeldClock(ledger.clock.now())
    ahead.advance(days=1, seconds=1)
    yield Ledger(other.database, replace(ledger.settings), clock=ahead)
    other.database.close()


def _hold(ledger, actor, amount_cents=100):
    return ledger.run(reserve, actor=actor, amount_cents=amount_cents, **VEND).answer.hold.code


def test_of_captures_at_the_same_moment_one_wins(ledger, offices, actor, wallet):
    code = _hold(ledger, actor, 300)
    outcomes = at_once(
        [lambda office=office, key=f"c{number}": office.run(
            capture, actor=actor, key=key, hold_code=code, amount_cents=200)
         for number, office in enumerate(offices * 4)]
    )  # fmt: skip
    assert [type(lost) for lost in outcomes if isinstance(lost, Refusal)] == [HoldClosed] * 7
    assert (balance_cents(ledger, wallet), held_cents(ledger, wallet)) == (800, 0)


def test_one_capture_sent_many_times_at_once_is_one_posting(ledger, offices, actor, wallet):
    code = _hold(ledger, actor, 300)
    outcomes = at_once(
        [lambda office=office: office.run(capture, actor=actor, key="c", hold_code=code)
         for office in offices * 4]
    )  # fmt: skip
    assert sorted(outcome.is_repeat for outcome in outcomes) == [False] + [True] * 7
    assert balance_cents(ledger, wallet) == 700


def test_of_capture_release_and_expiry_at_the_same_moment_exactly_one_happens(
    ledger, offices, tomorrow, actor, operator, wallet
):
    captured = 0
    for _ in range(ROUNDS):
        code = _hold(ledger, actor)
        taken, released, expired = at_once(
            [
                lambda code=code: offices[0].run(capture, actor=actor, hold_code=code).answer,
                lambda code=code: offices[1].run(release, actor=actor, hold_code=code).answer,
                lambda: tomorrow.run(expire, actor=operator, wallet_code=wallet.code).answer,
            ]
        )
        was_captured = not isinstance(taken, Refusal)
        assert was_captured or type(taken) in (HoldClosed, HoldExpired)
        was_released = not isinstance(released, Refusal) and not released.was_closed
        assert [was_captured, was_released, expired.hold_codes == (code,)].count(True) == 1
        captured += was_captured
        assert balance_cents(ledger, wallet) == 1000 - 100 * captured
    assert count(ledger, "postings") == 1 + captured
    assert rows(ledger, "SELECT held_cents FROM account_balances") == [(0,)]


def test_a_rush_of_reservations_stops_exactly_at_the_floor(ledger, offices, actor, wallet):
    outcomes = at_once(
        [lambda office=office: office.run(reserve, actor=actor, amount_cents=90, **VEND)
         for office in offices * 10]
    )  # fmt: skip
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert {type(refusal) for refusal in refused} == {FloorReached}
    assert len(refused) == 20 - 11
    assert {refusal.details["available_cents"] for refusal in refused} == {10}
    assert held_cents(ledger, wallet) == 990


def test_debits_that_need_what_overdue_holds_hold_free_it_once(ledger, offices, actor, wallet):
    for _ in range(10):
        _hold(ledger, actor)
    ledger.clock.advance(seconds=120)
    outcomes = at_once(
        [lambda office=office: office.run(debit, actor=actor, amount_cents=100, **VEND)
         for office in offices * 5]
    )  # fmt: skip
    assert not [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert balance_cents(ledger, wallet) == 0
    assert rows(ledger, "SELECT DISTINCT state FROM holds") == [("expired",)]
    assert rows(ledger, "SELECT count(*) FROM domain_events WHERE name = 'hold.expired'") == [(10,)]


def test_reservations_captures_and_releases_across_wallets_wait_for_nobody_for_ever(
    ledger, offices, tomorrow, actor, operator, wallet
):
    codes = [_hold(ledger, actor, 10) for _ in range(16)]
    deeds = [capture, release] * 8
    outcomes = at_once(
        [lambda office=office, deed=deed, code=code: office.run(deed, actor=actor, hold_code=code)
         for office, deed, code in zip(offices * 8, deeds, codes, strict=True)]
        + [lambda: ledger.run(debit, actor=actor, amount_cents=900, **VEND)]
        + [lambda: tomorrow.run(expire, actor=operator, wallet_code=wallet.code)]
    )  # fmt: skip
    kinds = {type(outcome) for outcome in outcomes if isinstance(outcome, Refusal)}
    assert kinds <= {HoldExpired, HoldClosed, FloorReached}
    assert rows(ledger, "SELECT held_cents FROM account_balances") == [(0,)]
