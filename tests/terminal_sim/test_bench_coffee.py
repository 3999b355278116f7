"""The coffee machine's real firmware on the bench: what a person sees, and what the books say."""

from __future__ import annotations

import pytest

from terminal_sim import NotSeen

ANNA = "04A1B2C3D4E5F6"


def _buy(machine) -> None:
    machine.press("espresso")
    machine.wait_display("Hold your token")
    machine.tap(ANNA)


def test_a_press_and_a_tap_make_one_cup_and_one_debit(coffee, ledger):
    ledger.balances[ANNA] = 500
    _buy(coffee)
    coffee.wait_display("Enjoy your Espresso!")
    coffee.wait_until(lambda: coffee.cups == 1)
    assert coffee.relay_closures == 1
    assert ledger.balances[ANNA] == 380
    assert coffee.network.count("POST") == 1
    assert any("clock: set by the ledger: 20" in line for line in coffee.console)


def test_a_token_with_too_little_gets_no_cup_and_is_told_why(coffee, ledger):
    ledger.balances[ANNA] = 50
    _buy(coffee)
    coffee.wait_display("Not enough money")
    coffee.run_for(20)
    assert coffee.cups == 0
    assert ledger.balances[ANNA] == 50


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(coffee, ledger):
    ledger.balances[ANNA] = 500
    coffee.network.drop_answer(method="POST")
    _buy(coffee)
    coffee.wait_display("Enjoy your Espresso!", timeout_s=60)
    coffee.run_for(5)
    keys = {request.key for request in coffee.network.requests if request.method == "POST"}
    assert len(keys) == 1
    assert coffee.network.count("POST") == 2
    assert ledger.balances[ANNA] == 380
    assert coffee.cups == 1


def test_without_a_network_the_machine_says_so_and_sells_again_later(coffee, ledger):
    ledger.balances[ANNA] = 500
    coffee.network.offline()
    _buy(coffee)
    coffee.wait_display("No connection", timeout_s=60)
    assert coffee.cups == 0
    coffee.untap()
    coffee.network.online()
    coffee.wait_display("Choose a drink", timeout_s=120)
    _buy(coffee)
    coffee.wait_until(lambda: coffee.cups == 1)
    assert ledger.balances[ANNA] == 380


@pytest.mark.parametrize("event", ["request_sent", "request_delivered", "answer_heard", "relay_closed"])
def test_a_power_cut_at_any_event_gives_a_cup_or_the_money_back(coffee, ledger, event):
    ledger.balances[ANNA] = 500
    coffee.cut_power_when(event)
    _buy(coffee)
    coffee.wait_until(lambda: not coffee.is_powered)
    coffee.untap()
    coffee.boot()
    coffee.run_for(60)
    assert 500 - ledger.balances[ANNA] == 120 * coffee.relay_closures
    assert coffee.cups <= coffee.relay_closures


@pytest.mark.parametrize("operation", range(1, 11))
def test_a_power_cut_at_any_flash_operation_never_debits_twice_nor_gives_coffee_away(
    coffee, ledger, operation
):
    ledger.balances[ANNA] = 500
    coffee.cut_power_at(operation)
    _buy(coffee)
    coffee.wait_until(lambda: not coffee.is_powered)
    coffee.untap()
    coffee.boot()
    coffee.run_for(20)
    paid_cents = 500 - ledger.balances[ANNA]
    # An approval on flash without an outcome counts as delivered: the cup may be missing, the debit not.
    assert 120 * coffee.relay_closures <= paid_cents <= 120


def test_the_firmware_lives_in_96_kib(coffee, ledger):
    ledger.balances[ANNA] = 500
    _buy(coffee)
    coffee.wait_display("Enjoy your Espresso!")
    assert coffee.live_set_bytes() < 96 * 1024


def test_what_does_not_come_is_reported_with_display_and_console(coffee):
    with pytest.raises(NotSeen, match="Tea(.|\n)*Choose a drink(.|\n)*console"):
        coffee.wait_display("Tea", timeout_s=1)


def test_a_person_can_only_press_what_is_there(coffee):
    with pytest.raises(ValueError, match="no button 'tea'; it has espresso, cappuccino"):
        coffee.press("tea")
    with pytest.raises(ValueError, match="no key 'E'"):
        coffee.key("E")


def test_an_unplugged_terminal_is_dark_and_deaf(coffee):
    coffee.cut_power()
    coffee.press("espresso")
    coffee.tap(ANNA)
    assert not coffee.insert_coin(100)
    assert coffee.display == [" " * 20] * 4
    coffee.run_for(1)
    coffee.boot()
    # The token that lies there all the time is met by the reader that comes up.
    coffee.wait_display("Token not known")


def test_two_terminals_run_side_by_side_in_step(bench, coffee, ledger):
    other = bench.terminal(
        device="coffee_machine", ledger_url=ledger.url, api_token="wrong", name="other", buttons=["espresso"]
    )
    before = coffee.seconds
    bench.run_for(5)
    assert abs(coffee.seconds - before - 5) < 0.1
    assert abs(other.seconds - 5) < 0.1
    assert other.shows("the ledger does not know this terminal")
    assert coffee.shows("Choose a drink")
