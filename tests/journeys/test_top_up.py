"""At the NFC terminal: a balance for everybody, a top-up by staff, an outcome that is not known."""

from __future__ import annotations

import pytest

from ledger.domain.devices.records import TerminalPermission
from terminal_sim.machine import Machine
from tests.journeys.world import SETTLING_S, Person, World

CREDIT = TerminalPermission.CREDIT


def enter(terminal: Machine, keys: str) -> None:
    """Type an amount in cents."""
    terminal.wait_display("Amount and #")
    terminal.keys(keys)
    terminal.wait_display("hold the token" if keys.endswith("#") else "Top up")


def test_staff_top_up_a_token(world: World):
    ben, terminal = world.person(balance_cents=30), world.nfc_terminal(CREDIT)
    enter(terminal, "1000#")
    terminal.tap(ben.token)
    terminal.wait_display("10.30 EUR")
    terminal.untap()
    terminal.run_for(30)
    assert ben.amounts_cents == [1000]


def test_a_token_without_an_amount_shows_its_balance(world: World):
    ben, terminal = world.person(balance_cents=30), world.nfc_terminal(CREDIT)
    terminal.wait_display("Amount and #")
    terminal.tap(ben.token)
    terminal.wait_display("Balance 0.30 EUR")
    assert ben.amounts_cents == []


def test_a_terminal_that_may_only_debit_shows_balances_and_offers_no_top_up(world: World):
    ben, terminal = world.person(balance_cents=30), world.nfc_terminal(TerminalPermission.DEBIT)
    terminal.wait_display("Hold a token")
    terminal.keys("1000#")
    terminal.tap(ben.token)
    terminal.run_for(10)
    assert ben.amounts_cents == []


def test_a_typing_mistake_is_cleared(world: World):
    ben, terminal = world.person(), world.nfc_terminal(CREDIT)
    enter(terminal, "99")
    terminal.key("*")
    enter(terminal, "500#")
    terminal.tap(ben.token)
    terminal.wait_display("5.00 EUR booked")
    terminal.run_for(10)
    assert ben.amounts_cents == [500]


def test_more_than_the_limit_is_not_taken(world: World):
    terminal = world.nfc_terminal(CREDIT, top_up_limit_cents=2000)
    terminal.wait_display("Amount and #")
    terminal.keys("2001#")
    terminal.wait_display("At most 20.00 EUR")


def test_an_outcome_that_is_not_known_is_shown_as_such_and_booked_once(world: World):
    ben, terminal = world.person(), world.nfc_terminal(CREDIT)
    enter(terminal, "500#")
    terminal.network.drop_answer(method="POST")
    terminal.tap(ben.token)
    terminal.wait_until(lambda: terminal.network.count("POST") == 1)
    terminal.run_for(1)
    terminal.network.offline()
    terminal.wait_display("Not known yet", timeout_s=120)
    terminal.untap()
    terminal.network.online()
    terminal.run_for(120)
    assert ben.amounts_cents == [500]


@pytest.mark.parametrize("event", ["request_sent", "request_delivered", "answer_heard"])
def test_a_power_cut_during_a_top_up_books_it_once(world: World, event: str):
    ben, terminal = world.person(), world.nfc_terminal(CREDIT)
    enter(terminal, "500#")
    terminal.cut_power_when(event)
    terminal.tap(ben.token)
    terminal.run_for(20)
    assert not terminal.is_powered
    _bring_back(terminal)
    assert ben.amounts_cents == [500]


def test_a_power_cut_at_any_flash_operation_of_a_top_up_books_at_most_once(world: World):
    step, was_cut = 0, True
    while was_cut:
        step += 1
        ben, terminal = world.person(), world.nfc_terminal(CREDIT)
        enter(terminal, "500#")
        terminal.cut_power_at(step)
        terminal.tap(ben.token)
        was_cut = _goes_dark(terminal, ben)
        _bring_back(terminal)
        # Cut in the first operation, the intent is not on flash and nothing was asked: staff see no booking.
        assert ben.amounts_cents in ([[500]] if step > 1 else [[500], []]), f"step {step}"
    assert step > 2


def _goes_dark(terminal: Machine, ben: Person) -> bool:
    terminal.run_for(15)
    return not terminal.is_powered


def _bring_back(terminal: Machine) -> None:
    terminal.untap()
    terminal.boot()
    terminal.run_for(SETTLING_S)
