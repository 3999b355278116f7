"""Holds whose time is over block nothing, whether or not anybody has closed them."""

from __future__ import annotations

import pytest

from ledger.domain.books.errors import (
    FloorReached,
    HoldExpired,
    HoldUnknown,
)
from ledger.domain.books.records import HoldState
from ledger.domain.holds.commands import capture, expire, release, reserve
from ledger.domain.holds.queries import wallet_hold, wallets_with_overdue_holds
from ledger.domain.wallets.commands import debit
from tests.factories.holds import VEND, held_cents, states, told
from tests.factories.ledgers import contents
from tests.factories.wallets import balance_cents, open_wallet


def test_a_hold_that_is_over_blocks_nothing_although_nobody_has_closed_it(ledger, wallet, machine, hold):
    ledger.clock.advance(seconds=120)
    assert states(ledger) == ["open"]
    assert held_cents(ledger, wallet) == 0
    assert ledger.run(debit, actor=machine, amount_cents=1000, **VEND).answer.balance_cents == 0
    assert states(ledger) == ["expired"]
    assert told(ledger, "hold.expired") == [{"hold": hold, "amount_cents": 300}]


def test_a_hold_that_is_over_makes_room_for_another(ledger, wallet, machine, hold):
    ledger.clock.advance(seconds=120)
    answer = ledger.run(reserve, actor=machine, amount_cents=1000, **VEND).answer
    assert answer.available_cents == 0
    assert states(ledger) == ["expired", "open"]


def test_money_that_reaches_anyway_leaves_holds_that_are_over_to_the_job(ledger, wallet, machine, hold):
    ledger.clock.advance(seconds=120)
    ledger.run(debit, actor=machine, amount_cents=700, **VEND)
    assert states(ledger) == ["open"]


def test_a_hold_lives_until_its_last_moment(ledger, wallet, machine, hold):
    ledger.clock.advance(seconds=119, milliseconds=999)
    with pytest.raises(FloorReached):
        ledger.run(debit, actor=machine, amount_cents=1000, **VEND)
    assert ledger.run(capture, actor=machine, hold_code=hold).answer.wallet.balance_cents == 700


def test_a_hold_that_is_over_is_not_captured_whether_or_not_it_was_closed(
    ledger, wallet, machine, hold, operator
):
    ledger.clock.advance(seconds=120)
    before = contents(ledger)
    with pytest.raises(HoldExpired):
        ledger.run(capture, actor=machine, hold_code=hold)
    assert contents(ledger) == before
    ledger.run(expire, actor=operator, wallet_code=wallet.code)
    with pytest.raises(HoldExpired):
        ledger.run(capture, actor=machine, hold_code=hold)
    assert balance_cents(ledger, wallet) == 1000


def test_a_hold_that_is_over_is_as_good_as_released(ledger, wallet, machine, hold):
    ledger.clock.advance(seconds=120)
    answer = ledger.run(release, actor=machine, hold_code=hold).answer
    assert (answer.was_closed, answer.held.hold.state) == (True, HoldState.EXPIRED)
    assert answer.held.available_cents == 1000


def test_the_job_closes_what_is_over_and_nothing_else(ledger, wallet, machine, operator, hold):
    other = open_wallet(ledger, "04FFFFFF", balance_cents=100)
    about = {"token_id": "04FFFFFF", "description": "Vend"}
    long = {"expires_in_s": 24 * 60 * 60}
    ledger.run(reserve, actor=machine, amount_cents=10, **about)
    ledger.run(reserve, actor=machine, amount_cents=20, **about, **long)
    assert ledger.read(wallets_with_overdue_holds, now=ledger.clock.now()) == []
    ledger.clock.advance(seconds=120)
    overdue = ledger.read(wallets_with_overdue_holds, now=ledger.clock.now())
    assert overdue == [wallet.code, other.code]
    closed = [ledger.run(expire, actor=operator, wallet_code=code).answer.hold_codes for code in overdue]
    assert [len(codes) for codes in closed] == [1, 1]
    assert closed[0] == (hold,)
    assert states(ledger) == ["expired", "expired", "open"]
    assert ledger.read(wallets_with_overdue_holds, now=ledger.clock.now()) == []
    assert held_cents(ledger, other) == 20


def test_a_hold_is_read_as_it_is_now(ledger, wallet, machine, hold):
    def seen():
        found = ledger.read(wallet_hold, code=hold, now=ledger.clock.now())
        return found.hold.state, found.available_cents

    assert seen() == (HoldState.OPEN, 700)
    ledger.clock.advance(seconds=120)
    assert seen() == (HoldState.EXPIRED, 1000)
    with pytest.raises(HoldUnknown):
        ledger.read(wallet_hold, code="hld_nobody", now=ledger.clock.now())
