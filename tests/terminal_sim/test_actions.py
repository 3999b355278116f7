"""What a person or the world can do to a terminal, by name: what it takes, and what comes of it."""

from __future__ import annotations

import pytest

from terminal_sim.actions import ACTIONS, PERSON, WORLD, BadAction, perform
from terminal_sim.chips.cards import PlainCard
from terminal_sim.faults import NAMES, faults_of
from terminal_sim.parts.network import Network
from terminal_sim.tokens import card_of
from tests.terminal_sim.pos_ledger import API_TOKEN

ANNA = "04A1B2C3D4E5F6"


def test_each_action_says_for_people_what_it_is_and_who_does_it():
    assert all(action.line and action.who in (PERSON, WORLD) for action in ACTIONS.values())
    assert ACTIONS["tap"].who == PERSON
    assert ACTIONS["cut_power"].who == WORLD


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("tap", 5, "a UID, 'random', or a table"),
        ("tap", {"uid": ANNA, "clone_of": ANNA}, "a UID, 'random', or a table"),
        ("tap", {"uid": ANNA, "reads_percent": 0}, "a UID, 'random', or a table"),
        ("untap", False, "true"),
        ("keys", "5€", "keys of 0123"),
        ("coin", 0, "a whole number of cents above 0"),
        ("coin", True, "a whole number of cents above 0"),
        ("drop_answer", "PUT", "GET or POST"),
        ("packet_loss_percent", 101, "percent, 0 to 100"),
        ("latency_ms", -1, "milliseconds, 0 to 60000"),
        ("clock_forward_s", 1e9, "seconds, 0 to"),
        ("cut_power_when", "noon", "one of request_sent"),
        ("cut_power_at", 0, "a number from 1 on"),
        ("fault", "reader.dust", "one of bus.asked_again"),
        ("heal", "cup", "one of reader, coins, bus, all"),
        ("vmc", {"dispenses": 1}, "a table of level, poll_us"),
        ("pay_cash", "12", "ITEM:PRICE"),
    ],
)
def test_a_value_that_is_not_taken_is_refused_with_what_is(name, value, expected):
    with pytest.raises(BadAction, match=f"{name} takes .*not"):
        ACTIONS[name].check(name, value)
    with pytest.raises(BadAction) as refusal:
        ACTIONS[name].check(name, value)
    assert expected in str(refusal.value)


def test_what_a_terminal_does_not_have_is_one_line(coffee):
    for name, value in (("jump", True), ("return_money", True), ("fault", "coins.jam"), ("press", "tea")):
        with pytest.raises(BadAction, match=r"^coffee [^\n]*$"):
            perform(coffee, name, value)
    with pytest.raises(BadAction, match="no token id"):
        perform(coffee, "tap", "04A1B2C3D4E5FX")


def test_a_clone_is_not_told_from_its_original_and_a_random_card_is_new_each_time(coffee):
    clone, original = card_of({"clone_of": ANNA}, coffee.dice), PlainCard(bytes.fromhex(ANNA))
    assert (clone.uid, clone.sel_res, clone.sens_res) == (original.uid, original.sel_res, original.sens_res)
    perform(coffee, "tap", "random")
    first = coffee.hand.tokens[0].uid
    coffee.wait_display("changes its number")
    perform(coffee, "untap")
    perform(coffee, "tap", "random")
    assert coffee.hand.tokens[0].uid != first


def test_a_token_is_held_for_a_while_a_worn_one_now_and_then_and_two_are_too_many(coffee, ledger):
    ledger.balances[ANNA] = 500
    perform(coffee, "tap", {"uid": ANNA, "hold_s": 2})
    coffee.wait_display("Balance 5.00")
    coffee.run_for(2)
    assert coffee.hand.tokens == coffee.reader.cards == ()
    coffee.wait_display("Choose a drink")
    perform(coffee, "press", "espresso")
    perform(coffee, "tap", {"uid": ANNA, "reads_percent": 40})
    heard = set()
    for _ in range(40):
        coffee.run_for(0.1)
        heard.add(len(coffee.reader.cards))
    assert heard == {0, 1}
    assert ledger.balances[ANNA] == 380
    perform(coffee, "tap", {"uid": "DEADBEEF", "beside": True})
    assert len(coffee.hand.tokens) == 2


def test_a_lossy_line_loses_its_share_of_requests_and_answers_and_says_nothing(coffee, ledger):
    ledger.balances[ANNA] = 500
    fates = [_fates(50), _fates(50)]
    assert fates[0] == fates[1]
    assert 30 < fates[0].count("request dropped") < 70
    assert 10 < fates[0].count("answer dropped") < 40
    perform(coffee, "packet_loss_percent", 100)
    perform(coffee, "press", "espresso")
    perform(coffee, "tap", ANNA)
    coffee.wait_display("charged at most once")
    assert ledger.balances[ANNA] == 500
    perform(coffee, "packet_loss_percent", 0)
    coffee.wait_display("Enjoy your Espresso!", timeout_s=60)
    assert ledger.balances[ANNA] == 380


def _fates(percent: int) -> list[str]:
    network = Network()
    network.loss_percent = percent
    return [network.next_trouble("POST").fate.value for _ in range(100)]


def test_the_clock_jumps_without_a_bite_of_the_watchdog(coffee, ledger):
    ledger.balances[ANNA] = 500
    before = coffee.seconds
    perform(coffee, "clock_forward_s", 5 * 24 * 3600)
    assert coffee.seconds - before == 5 * 24 * 3600
    coffee.run_for(20)
    assert sum("coffee_machine starts" in line for line in coffee.console) == 1
    perform(coffee, "press", "espresso")
    perform(coffee, "tap", ANNA)
    coffee.wait_display("Enjoy your Espresso!")


@pytest.mark.parametrize(
    ("device", "settings", "ready"),
    [
        ("coffee_machine", {"reader": "mfrc522"}, "Choose a drink"),
        ("coin_station", {}, "Hold your token"),
        ("coin_station", {"coin_acceptor": "cctalk"}, "Hold your token"),
        ("vending_machine", {}, "Hold your token"),
    ],
)
def test_a_terminal_recovers_from_each_fault_that_it_can_have(bench, ledger, device, settings, ready):
    machine = bench.terminal(device=device, ledger_url=ledger.url, api_token=API_TOKEN, **settings)
    machine.wait_display(ready)
    assert set(faults_of(machine)) <= set(NAMES)
    for name in faults_of(machine):
        perform(machine, "fault", name)
        machine.run_for(0.3)
    perform(machine, "heal", "all")
    machine.wait_display(ready, timeout_s=90)
    ledger.balances[ANNA] = 500
    perform(machine, "tap", ANNA)
    machine.wait_display("5.00")


def test_a_jam_closes_the_slot_and_is_told(bench, ledger):
    station = bench.terminal(device="coin_station", ledger_url=ledger.url, api_token=API_TOKEN)
    station.wait_display("Hold your token")
    perform(station, "fault", "coins.jam")
    station.wait_display("the coin slot is stuck")
    assert perform(station, "coin", 100) == {"accepted": False}
    perform(station, "heal", "coins")
    station.wait_display("Hold your token")


def test_a_controller_is_set_and_switched(bench, ledger):
    machine = bench.terminal(device="vending_machine", ledger_url=ledger.url, api_token=API_TOKEN)
    machine.wait_display("Hold your token")
    ledger.balances[ANNA] = 500
    perform(machine, "vmc", {"dispenses": False})
    perform(machine, "tap", ANNA)
    machine.wait_display("Choose at the machine")
    perform(machine, "press", "12:180")
    machine.wait_until(lambda: machine.vmc.failed == [(12, 180)])
    perform(machine, "vmc_power", False)
    assert not machine.vmc.is_enabled
