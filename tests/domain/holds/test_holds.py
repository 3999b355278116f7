"""Holds: money set aside is neither spent nor held again, and taken at most once."""

from __future__ import annotations

import pytest

from ledger.domain.books.errors import (
    CaptureExceedsHold,
    FloorReached,
    HoldClosed,
)
from ledger.domain.books.records import HoldState
from ledger.domain.holds.commands import capture, release, reserve
from ledger.domain.holds.queries import open_holds, wallet_hold
from ledger.domain.wallets.commands import debit, reverse_by_hand, top_up
from ledger.foundation.money import MAX_AMOUNT_CENTS, InvalidAmount
from tests.factories.holds import VEND, held_cents, told
from tests.factories.ledgers import contents, count, rows
from tests.factories.terminals import install_coin_station
from tests.factories.wallets import balance_cents, open_wallet


def test_a_hold_leaves_the_balance_and_takes_from_what_is_available(ledger, wallet, machine):
    answer = ledger.run(reserve, actor=machine, amount_cents=300, **VEND).answer
    assert (answer.hold.state, answer.hold.amount_cents) == (HoldState.OPEN, 300)
    assert (answer.wallet.balance_cents, answer.available_cents) == (1000, 700)
    assert (answer.hold.expires_at - ledger.clock.now()).total_seconds() == 120
    assert answer.hold.code.startswith("hld_")
    assert count(ledger, "postings") == 1


def test_what_is_held_cannot_be_spent(ledger, wallet, machine, hold):
    before = contents(ledger)
    with pytest.raises(FloorReached) as refused:
        ledger.run(debit, actor=machine, amount_cents=701, **VEND)
    assert refused.value.details == {"balance_cents": 1000, "available_cents": 700}
    assert contents(ledger) == before
    assert ledger.run(debit, actor=machine, amount_cents=700, **VEND).answer.balance_cents == 300


def test_what_is_held_cannot_be_held_again(ledger, wallet, machine, hold):
    with pytest.raises(FloorReached):
        ledger.run(reserve, actor=machine, amount_cents=701, **VEND)
    ledger.run(reserve, actor=machine, amount_cents=700, **VEND)
    assert held_cents(ledger, wallet) == 1000


def test_an_overdraft_limit_can_be_held_too(ledger, machine):
    wallet = open_wallet(ledger, balance_cents=100, overdraft_limit_cents=50)
    with pytest.raises(FloorReached):
        ledger.run(reserve, actor=machine, amount_cents=151, **VEND)
    answer = ledger.run(reserve, actor=machine, amount_cents=130, **VEND).answer
    assert answer.available_cents == 20
    ledger.run(capture, actor=machine, hold_code=answer.hold.code)
    assert balance_cents(ledger, wallet) == -30


def test_what_is_held_cannot_be_taken_back_from_the_wallet(ledger, machine, operator):
    open_wallet(ledger, balance_cents=100)
    [(mistake,)] = rows(ledger, "SELECT code FROM postings")
    ledger.run(reserve, actor=machine, amount_cents=1, **VEND)
    with pytest.raises(FloorReached):
        ledger.run(reverse_by_hand, actor=operator, transaction_code=mistake, description="Mistake")


def test_a_capture_takes_all_of_it_unless_it_says_less(ledger, wallet, machine, hold):
    answer = ledger.run(capture, actor=machine, hold_code=hold).answer
    assert (answer.hold.state, answer.hold.captured_cents) == (HoldState.CAPTURED, 300)
    assert (answer.wallet.balance_cents, answer.available_cents) == (700, 700)


def test_a_part_is_captured_and_the_rest_is_free_at_once(ledger, wallet, machine, hold):
    answer = ledger.run(capture, actor=machine, hold_code=hold, amount_cents=120).answer
    assert (answer.wallet.balance_cents, answer.available_cents, held_cents(ledger, wallet)) == (880, 880, 0)
    assert rows(ledger, "SELECT amount_cents, kind FROM postings ORDER BY id DESC LIMIT 1") == [
        (120, "debit")
    ]


def test_a_capture_is_a_movement_of_its_terminal_and_is_told(ledger, wallet, machine, hold):
    ledger.run(capture, actor=machine, hold_code=hold)
    sold = "SELECT a.code, p.description, p.terminal_id FROM postings p JOIN accounts a"
    assert rows(ledger, f"{sold} ON a.id = destination_id WHERE p.terminal_id IS NOT NULL") == [
        ("terminal_sales:coffee_machine", "Vend", machine.id)
    ]
    [event] = told(ledger, "hold.captured")
    assert (event["hold"], event["wallet"]) == (hold, wallet.code)
    assert (event["amount_cents"], event["balance_cents"]) == (300, 700)


@pytest.mark.parametrize("amount_cents", [301, MAX_AMOUNT_CENTS])
def test_no_more_is_captured_than_is_held(ledger, machine, hold, amount_cents):
    before = contents(ledger)
    with pytest.raises(CaptureExceedsHold):
        ledger.run(capture, actor=machine, hold_code=hold, amount_cents=amount_cents)
    assert contents(ledger) == before


@pytest.mark.parametrize("amount_cents", [0, -1, True, 10**30])
def test_what_is_no_amount_is_neither_held_nor_captured(ledger, wallet, machine, hold, amount_cents):
    before = contents(ledger)
    with pytest.raises(InvalidAmount):
        ledger.run(reserve, actor=machine, amount_cents=amount_cents, **VEND)
    with pytest.raises(InvalidAmount):
        ledger.run(capture, actor=machine, hold_code=hold, amount_cents=amount_cents)
    assert contents(ledger) == before


def test_a_hold_is_captured_once(ledger, wallet, machine, hold):
    ledger.run(capture, actor=machine, hold_code=hold, amount_cents=1)
    for attempt in (capture, release):
        with pytest.raises(HoldClosed):
            ledger.run(attempt, actor=machine, hold_code=hold)
    assert balance_cents(ledger, wallet) == 999


def test_a_release_frees_all_of_it_and_a_second_one_changes_nothing(ledger, wallet, machine, hold):
    first = ledger.run(release, actor=machine, hold_code=hold).answer
    assert (first.was_closed, first.held.hold.state) == (False, HoldState.RELEASED)
    assert first.held.available_cents == 1000
    again = ledger.run(release, actor=machine, hold_code=hold).answer
    assert (again.was_closed, again.held.hold.state) == (True, HoldState.RELEASED)
    assert len(told(ledger, "hold.released")) == 1
    assert (held_cents(ledger, wallet), balance_cents(ledger, wallet)) == (0, 1000)
    with pytest.raises(HoldClosed):
        ledger.run(capture, actor=machine, hold_code=hold)


def test_a_captured_hold_is_given_back_by_a_reversal(ledger, wallet, machine, hold, operator):
    ledger.run(capture, actor=machine, hold_code=hold)
    [(code,)] = rows(ledger, "SELECT code FROM postings WHERE kind = 'debit'")
    ledger.run(reverse_by_hand, actor=operator, transaction_code=code, description="No crisps")
    assert balance_cents(ledger, wallet) == 1000


def test_open_holds_are_listed_oldest_first_and_by_wallet(ledger, wallet, machine, hold):
    other = open_wallet(ledger, "04FFFFFF", balance_cents=100)
    ledger.run(reserve, actor=machine, amount_cents=10, token_id="04FFFFFF", description="Crisps")
    ledger.clock.advance(seconds=60)
    now = ledger.clock.now()
    everywhere = ledger.read(open_holds, now=now)
    assert [(item.wallet.code, item.hold.amount_cents) for item in everywhere.items] == [
        (wallet.code, 300),
        (other.code, 10),
    ]
    assert {item.terminal.slug for item in everywhere.items} == {"coffee_machine"}
    assert [item.hold.amount_cents for item in ledger.read(open_holds, now=now, wallet=other).items] == [10]
    assert ledger.read(open_holds, now=now, limit=1).has_more
    assert [item.is_overdue for item in everywhere.items] == [False, False]
    ledger.clock.advance(seconds=60)
    later = ledger.read(open_holds, now=ledger.clock.now())
    assert [item.is_overdue for item in later.items] == [True, True]


def test_a_repeated_reservation_holds_once(ledger, wallet, machine):
    for is_repeat in (False, True, True):
        outcome = ledger.run(reserve, actor=machine, key="k1", amount_cents=300, **VEND)
        assert outcome.is_repeat is is_repeat
    assert held_cents(ledger, wallet) == 300


def test_money_that_comes_in_is_available_at_once(ledger, wallet, operator, hold):
    actor = install_coin_station(ledger).actor
    ledger.run(top_up, actor=actor, amount_cents=50, **VEND)
    assert ledger.read(wallet_hold, code=hold, now=ledger.clock.now()).available_cents == 750
