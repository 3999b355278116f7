"""The power fails at every step of a purchase: never two debits, never a coffee without a debit."""

from __future__ import annotations

import pytest

from terminal_sim import Bench
from terminal_sim.machine import Machine
from tests.journeys.test_coffee import buy, choose
from tests.journeys.world import ESPRESSO_CENTS, SETTLING_S, Person, Premises, World

EVENTS = ("request_sent", "request_delivered", "answer_heard", "relay_closed", "relay_opened")
PARTS = 2


@pytest.fixture(scope="package")
def steps_of_a_purchase(premises: Premises) -> int:
    """Return how many flash operations one purchase takes, from the tap until the machine is idle again."""
    with Bench(seed=7) as bench:
        world = World(premises, bench)
        machine, person = world.coffee_machine(), world.person(balance_cents=500)
        choose(machine)
        before = machine.flash_operations
        machine.tap(person.token)
        machine.wait_relay(1)
        machine.run_for(10)
        return machine.flash_operations - before


def settled(machine: Machine) -> None:
    """Bring the power back and give the machine time to settle its journal."""
    machine.untap()
    machine.boot()
    machine.run_for(SETTLING_S)


def require_fair(machine: Machine, person: Person, when: str) -> None:
    """Hold what the purchase cost against what the machine delivered."""
    debits = [amount for amount in person.amounts_cents if amount < 0]
    paid_cents = -sum(person.amounts_cents)
    assert len(debits) <= 1, f"{when}: debited twice {person.amounts_cents}"
    if machine.relay_closures:
        assert (machine.relay_closures, paid_cents) == (1, ESPRESSO_CENTS), f"{when}: a coffee nobody paid"
    elif paid_cents:
        # Approved and on flash, outcome unknown: counts as delivered, as on the vending bus, and is flagged.
        assert any("power failed during delivery" in line for line in machine.console), when


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("torn", [True, False], ids=["torn write", "clean cut"])
def test_a_power_cut_at_any_flash_operation_is_fair(
    world: World, steps_of_a_purchase: int, part: int, torn: bool
):
    assert steps_of_a_purchase >= 3  # intent, approval, outcome
    # Of two operations that follow each other one is torn, and before the other one the power is gone.
    steps = range(1 + torn, steps_of_a_purchase + 1, 2)
    for step in steps[part::PARTS]:
        machine, person = world.coffee_machine(), world.person(balance_cents=500)
        choose(machine)
        machine.cut_power_at(step, torn=torn)
        machine.tap(person.token)
        machine.run_for(15)
        assert not machine.is_powered, f"the power did not fail at step {step}"
        settled(machine)
        require_fair(machine, person, f"flash operation {step}")
        paid_before = -sum(person.amounts_cents)
        buy(machine, person)
        assert -sum(person.amounts_cents) == paid_before + ESPRESSO_CENTS, "it sells again afterwards"


@pytest.mark.parametrize("event", EVENTS)
def test_a_power_cut_at_any_event_of_a_purchase_is_fair(world: World, event: str):
    machine, person = world.coffee_machine(), world.person(balance_cents=500)
    choose(machine)
    machine.cut_power_when(event)
    machine.tap(person.token)
    machine.run_for(15)
    assert not machine.is_powered, f"the power did not fail at {event}"
    settled(machine)
    require_fair(machine, person, event)
