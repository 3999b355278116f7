"""Coin station and NFC terminal with their real firmware on the bench: how money gets onto a token."""

from __future__ import annotations

import pytest

from tests.terminal_sim.pos_ledger import API_TOKEN

ANNA = "04A1B2C3D4E5F6"


@pytest.fixture
def coins(bench, ledger):
    """Return a coin station that stands there, ready for a token."""
    machine = bench.terminal(device="coin_station", ledger_url=ledger.url, api_token=API_TOKEN, name="coins")
    machine.wait_display("Hold your token")
    # The slot stays closed until the acceptor has been quiet for a while after power-up.
    machine.run_for(2)
    return machine


@pytest.fixture
def counter(bench, ledger):
    """Return an NFC terminal on a counter."""
    machine = bench.terminal(
        device="nfc_terminal", ledger_url=ledger.url, api_token=API_TOKEN, name="counter"
    )
    machine.wait_display("Amount and # to top up")
    return machine


def _open_session(coins, ledger) -> None:
    ledger.balances[ANNA] = 0
    coins.tap(ANNA)
    coins.wait_display("Insert coins now")
    coins.untap()
    # A hand needs a moment to the slot, which opens behind the words.
    coins.run_for(0.3)


def test_three_coins_are_credited_to_the_token_that_was_held(coins, ledger):
    _open_session(coins, ledger)
    for cents in (100, 50, 20):
        assert coins.insert_coin(cents)
        coins.run_for(3)
    coins.wait_display("1.70 EUR")
    assert ledger.balances[ANNA] == 170


def test_coins_fall_through_while_nobody_holds_a_token(coins):
    assert not coins.insert_coin(100)


def test_coins_taken_without_a_network_are_credited_when_it_is_back(coins, ledger):
    _open_session(coins, ledger)
    coins.network.offline()
    assert coins.insert_coin(100)
    coins.run_for(30)
    assert ledger.balances[ANNA] == 0
    coins.network.online()
    coins.wait_until(lambda: ledger.balances[ANNA] == 100, timeout_s=90)
    coins.run_for(60)
    assert ledger.balances[ANNA] == 100


@pytest.mark.parametrize("operation", range(1, 13))
def test_a_coin_is_credited_or_noted_once_its_first_line_is_on_flash(coins, ledger, operation):
    _open_session(coins, ledger)
    coins.cut_power_at(operation)
    assert coins.insert_coin(50)
    coins.wait_until(lambda: not coins.is_powered, timeout_s=60)
    coins.boot()
    coins.run_for(60)
    was_noted = any("cut off while a coin was counted" in line for line in coins.console)
    if operation == 1:
        # The first operation writes that a coin has begun: with it torn the coin was never known.
        assert (ledger.balances[ANNA], was_noted) in ((0, False), (0, True))
    else:
        assert (ledger.balances[ANNA], was_noted) in ((50, False), (0, True))


def test_staff_tops_a_token_up_by_keypad(counter, ledger):
    ledger.balances[ANNA] = 30
    counter.keys("500#")
    counter.wait_display("Top up 5.00")
    counter.tap(ANNA)
    counter.wait_display("Balance 5.30")
    assert ledger.balances[ANNA] == 530


def test_the_counter_shows_a_balance(counter, ledger):
    ledger.balances[ANNA] = 1234
    counter.tap(ANNA)
    counter.wait_display("Balance 12.34")
    counter.untap()
    counter.wait_display("Amount and # to top up", timeout_s=60)


def test_an_amount_over_the_limit_is_refused_at_the_keypad(counter, ledger):
    counter.keys("1000100#")
    counter.wait_display("At most")
    assert counter.network.count("POST") == 0
