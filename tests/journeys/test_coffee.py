"""At the coffee machine: a purchase, a refusal, a lost answer, a silent network."""

from __future__ import annotations

import pytest

from ledger.domain.devices.offline import grant_offline
from ledger.domain.devices.records import OfflineAllowanceRecord
from ledger.foundation.actor import operator_on_this_machine
from terminal_sim.machine import Machine
from tests.journeys.world import ESPRESSO_CENTS, SETTLING_S, Person, World


def choose(machine: Machine, product: str = "espresso") -> None:
    """Press a product's button and wait until the machine asks for the token."""
    machine.wait_display("Choose a drink")
    machine.press(product)
    machine.wait_display("Hold your token")


def test_a_token_with_money_buys_one_espresso(world: World):
    anna, machine = world.person(balance_cents=350), world.coffee_machine()
    choose(machine)
    machine.tap(anna.token)
    machine.wait_relay(1)
    machine.wait_display("2.30 EUR")
    machine.run_for(10)  # the token stays on the reader, and nothing more happens
    assert (anna.amounts_cents, machine.relay_closures) == ([-ESPRESSO_CENTS], 1)


def test_too_little_money_is_declined_and_the_display_says_why(world: World):
    ben, machine = world.person(balance_cents=30), world.coffee_machine()
    choose(machine)
    machine.tap(ben.token)
    machine.wait_display("Top up first")
    assert any("0.30 EUR" in line for line in machine.display)
    machine.run_for(10)
    assert (ben.amounts_cents, machine.relay_closures) == ([], 0)


def test_a_lost_answer_is_asked_for_again_with_the_same_key_and_booked_once(world: World):
    anna, machine = world.person(balance_cents=350), world.coffee_machine()
    choose(machine)
    machine.network.drop_answer(method="POST")
    machine.tap(anna.token)
    machine.wait_display("Being checked")
    machine.wait_relay(1, timeout_s=60)
    posts = [request for request in machine.network.requests if request.method == "POST"]
    assert [request.ledger_status for request in posts] == [201, 202]
    assert len({request.key for request in posts}) == 1
    assert anna.amounts_cents == [-ESPRESSO_CENTS]


def test_a_network_that_stays_away_costs_nothing_and_gives_no_coffee(world: World):
    anna, machine = world.person(balance_cents=350), world.coffee_machine()
    choose(machine)
    machine.network.drop_answer(method="POST")
    machine.tap(anna.token)
    machine.wait_display("Being checked")
    machine.network.offline()
    machine.wait_display("no coffee", timeout_s=120)
    machine.untap()
    machine.network.online()
    machine.wait_until(lambda: anna.balance_cents == 350, timeout_s=300)
    assert anna.amounts_cents == [-ESPRESSO_CENTS, ESPRESSO_CENTS]
    assert machine.relay_closures == 0


@pytest.mark.parametrize("product", ["espresso", None])
def test_an_unknown_token_is_told_to_ask_the_staff(world: World, product: str | None):
    machine = world.coffee_machine()
    if product:
        choose(machine, product)
    else:
        machine.wait_display("Choose a drink")
    machine.tap("04AABBCCDDEEFF")
    machine.wait_display("Token not known")
    assert machine.relay_closures == 0


def test_a_random_uid_is_refused_without_asking_the_ledger(world: World):
    machine = world.coffee_machine()
    choose(machine)
    before = machine.network.count("POST")
    machine.tap("08AABBCC")
    machine.wait_display("changes its number")
    assert machine.network.count("POST") == before


@pytest.mark.parametrize(
    "trouble",
    [
        lambda network: network.answer_once(500, {"message": "x"}, method="POST"),
        lambda network: network.answer_once(500, {"message": "x"}, method="POST", is_delivered=True),
        lambda network: network.garbage_once(method="POST"),
        lambda network: network.garbage_once(b"HTTP/1.1 200 OK\r\n\r\n{", method="POST", is_delivered=True),
        lambda network: network.drop_request(method="POST"),
        lambda network: network.answer_once(503, "<html>", method="POST"),
    ],
    ids=["500", "500 after booking", "garbage", "cut short after booking", "nothing", "a proxy's page"],
)
def test_whatever_the_ledger_seems_to_answer_one_coffee_is_one_debit(world: World, trouble):
    anna, machine = world.person(balance_cents=350), world.coffee_machine()
    choose(machine)
    trouble(machine.network)
    machine.tap(anna.token)
    machine.wait_relay(1, timeout_s=120)
    machine.run_for(60)
    assert (anna.amounts_cents, machine.relay_closures) == ([-ESPRESSO_CENTS], 1)


def test_a_proxys_403_after_a_lost_answer_leaves_no_debit_without_a_coffee(world: World):
    anna, machine = world.person(balance_cents=350), world.coffee_machine()
    choose(machine)
    machine.network.drop_answer(method="POST")
    machine.network.answer_once(403, {"message": "Forbidden"}, method="POST")
    machine.tap(anna.token)
    machine.wait_display("Being checked")
    machine.run_for(180)
    posts = [request for request in machine.network.requests if request.method == "POST"]
    assert len(posts) >= 3
    assert sum(anna.amounts_cents) == -ESPRESSO_CENTS * machine.relay_closures


def test_a_machine_whose_token_was_rolled_says_so_and_sells_nothing(world: World):
    anna, machine = world.person(balance_cents=350), world.coffee_machine()
    choose(machine)
    machine.network.answer_once(401, {"message": "Unauthenticated."}, method="POST")
    machine.tap(anna.token)
    machine.wait_display("Out of order", timeout_s=60)
    assert (anna.amounts_cents, machine.relay_closures) == ([], 0)


def test_the_coffee_machine_lives_within_96_kib(world: World):
    anna, machine = world.person(balance_cents=350), world.coffee_machine()
    sizes = [machine.live_set_bytes()]
    for _ in range(2):
        choose(machine)
        machine.tap(anna.token)
        machine.wait_relay(machine.relay_closures + 1)
        sizes.append(machine.live_set_bytes())
        machine.untap()
        machine.run_for(10)
        sizes.append(machine.live_set_bytes())
    assert max(sizes) < 96 * 1024, sizes


def buy(machine: Machine, person: Person) -> None:
    """Buy an espresso in peace."""
    before = machine.relay_closures
    choose(machine)
    machine.tap(person.token)
    machine.wait_relay(before + 1)
    machine.untap()
    machine.run_for(10)


def test_a_machine_with_an_allowance_sells_offline_and_settles_to_the_cent(world: World):
    machine = world.coffee_machine(purchase_deadline_ms=3000)
    anna, bert = world.person(1000), world.person(ESPRESSO_CENTS - 1)
    limits = OfflineAllowanceRecord(per_token_cents=3 * ESPRESSO_CENTS, in_sum_cents=1000, count=9, hours=48)
    operator = operator_on_this_machine()
    world.ledger.run(grant_offline, actor=operator, slug=machine.name, allowance=limits)
    machine.wait_display("Choose a drink")
    machine.run_for(70)
    machine.network.offline()
    machine.wait_display("No connection", timeout_s=90)
    for cups, person in enumerate((anna, bert, anna), start=1):
        machine.press("espresso")
        machine.tap(person.token)
        machine.wait_relay(cups)
        machine.untap()
        machine.run_for(8)
    machine.cut_power()
    machine.network.online()
    machine.boot()
    machine.run_for(SETTLING_S)
    assert anna.amounts_cents == [-ESPRESSO_CENTS, -ESPRESSO_CENTS]
    assert bert.amounts_cents == []
    assert any("sold offline, refused: insufficient_balance" in line for line in machine.console)
    assert machine.live_set_bytes() < 96 * 1024
