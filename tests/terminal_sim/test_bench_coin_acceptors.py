"""Coin stations on the bench with each acceptor: every coin is credited once, whoever loses its power."""

from __future__ import annotations

import pytest

from tests.terminal_sim.pos_ledger import API_TOKEN

ANNA = "04A1B2C3D4E5F6"


@pytest.fixture
def make_station(bench, ledger):
    """Return a maker of coin stations that stand there, ready for a token."""
    ledger.balances[ANNA] = 0

    def make(coin_acceptor):
        machine = bench.terminal(
            device="coin_station", ledger_url=ledger.url, api_token=API_TOKEN, coin_acceptor=coin_acceptor
        )
        machine.wait_display("Hold your token")
        machine.run_for(3)
        return machine

    return make


@pytest.fixture
def station(make_station):
    """Return a coin station with an acceptor on ccTalk, in a session of Anna's."""
    machine = make_station("cctalk")
    _open_session(machine)
    return machine


def _open_session(machine) -> None:
    machine.tap(ANNA)
    machine.wait_display("Insert coins now")
    machine.untap()
    # Acceptors that are opened by their supply need a moment more.
    machine.run_for(2.5)


def _insert(machine, *coins) -> None:
    for cents in coins:
        assert machine.insert_coin(cents)
        machine.run_for(4)


@pytest.mark.parametrize("coin_acceptor", ["cctalk", "ch926", "dg600f", "hx916"])
def test_coins_are_credited_on_each_acceptor(make_station, ledger, coin_acceptor):
    machine = make_station(coin_acceptor)
    assert not machine.insert_coin(50)
    _open_session(machine)
    _insert(machine, 50, 100)
    machine.wait_display("1.50 EUR credited")
    assert ledger.balances[ANNA] == 150


def test_an_acceptor_that_starts_again_in_a_session_is_opened_again(station, ledger):
    acceptor = station.coin_acceptor
    _insert(station, 50)
    acceptor.reset()
    assert not station.insert_coin(20)
    station.run_for(4)
    _insert(station, 20)
    station.wait_until(lambda: ledger.balances[ANNA] == 70)
    assert any("the acceptor has started again" in line for line in station.console)


def test_what_fell_while_the_terminal_was_dead_is_credited_to_its_session(station, ledger):
    acceptor = station.coin_acceptor
    _insert(station, 50)
    station.cut_power()
    for cents in (20, 100):
        assert acceptor.insert(cents)
        station.run_for(1)
    station.boot()
    station.wait_until(lambda: ledger.balances[ANNA] == 170, timeout_s=60)
    station.run_for(60)
    assert ledger.balances[ANNA] == 170
    assert not acceptor.takes("EU050A")


def test_a_minute_of_garbage_without_a_network_and_then_all_is_credited(station, ledger):
    station.network.offline()
    _insert(station, 200)
    station.coin_acceptor.make_noise(60)
    station.wait_display("does not answer", timeout_s=60)
    station.run_for(60)
    station.network.online()
    station.wait_until(lambda: ledger.balances[ANNA] == 200, timeout_s=90)
    assert any("health: coin acceptor recovered after " in line for line in station.console)
    station.wait_display("Hold your token", timeout_s=60)
    _open_session(station)
    _insert(station, 10)
    station.wait_until(lambda: ledger.balances[ANNA] == 210)


@pytest.mark.parametrize("operation", [1, 2, 3, 4, 6, 9])
def test_a_power_cut_at_a_flash_operation_loses_and_doubles_no_coin(station, ledger, operation):
    acceptor = station.coin_acceptor
    station.cut_power_at(operation)
    assert station.insert_coin(50)
    station.wait_until(lambda: not station.is_powered, timeout_s=60)
    assert acceptor.insert(20)
    station.run_for(2)
    station.boot()
    station.wait_until(lambda: ledger.balances[ANNA] == 70, timeout_s=60)
    station.run_for(30)
    assert ledger.balances[ANNA] == 70
    assert not any("noted" in line for line in station.console)
