"""At the vending machine: tap, choose, sold; tap, choose, and the money is back when the machine fails."""

from __future__ import annotations

from terminal_sim.machine import Machine
from tests.journeys.world import Person, World

ITEM, PRICE_CENTS = 12, 180


def choose(machine: Machine, person: Person) -> None:
    """Hold the token, wait for the credit on the machine, and press a selection."""
    machine.wait_display("Hold your token, then choose")
    machine.tap(person.token)
    machine.wait_until(lambda: machine.vmc.credit_units == person.balance_cents)
    machine.vmc.choose(ITEM, PRICE_CENTS)


def test_tap_choose_sold(world: World):
    anna, machine = world.person(balance_cents=500), world.vending_machine()
    choose(machine, anna)
    machine.wait_display("Item 12: enjoy! Balance 3.20 EUR")
    machine.run_for(10)
    assert (machine.vmc.sold, anna.amounts_cents) == ([(ITEM, PRICE_CENTS)], [-PRICE_CENTS])
    assert anna.transactions[0].description == "Item 12"


def test_tap_choose_the_machine_fails_and_the_money_is_back(world: World):
    ben, machine = world.person(balance_cents=500), world.vending_machine()
    machine.vmc.settings.dispenses = False
    choose(machine, ben)
    machine.wait_display("1.80 EUR given back Balance 5.00 EUR")
    assert (machine.vmc.failed, ben.amounts_cents) == ([(ITEM, PRICE_CENTS)], [-PRICE_CENTS, PRICE_CENTS])
