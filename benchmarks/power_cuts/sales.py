"""The power fails while somebody buys: paid and delivered, or neither, or a person is told of it."""

from __future__ import annotations

from benchmarks.power_cuts.devices import COFFEE_IDLE, PRICE_CENTS, VENDING_IDLE
from benchmarks.power_cuts.street import EVENTS, Street, Unfair
from terminal_sim.machine import Machine

RELAY_EVENTS = (*EVENTS, "relay_closed", "relay_opened")
ITEM = 7
CASH_CENTS = 200
NOT_SURE = "power failed during delivery"
WAS_RESET = "reset during delivery"
# After the first of them a device knows that nobody hears it, and sells by its allowance.
NETWORKS = ("offline", "offline", "answers lost")


def cut_a_purchase(street: Street, machine: Machine) -> str:
    """Cut the power while somebody buys a coffee."""
    code, token = street.person()
    cups_before = machine.relay_closures
    machine.wait_display(COFFEE_IDLE)
    machine.press("espresso")
    machine.wait_display("Hold your token")
    street.cut(machine, RELAY_EVENTS)
    machine.tap(token)
    machine.run_for(street.draw.random() * 12)
    street.go_on(machine)
    return _judge(street, machine, code, token, machine.relay_closures - cups_before)


def cut_a_vend(street: Street, machine: Machine) -> str:
    """Cut the power of the reader while a vending machine sells; the machine goes on."""
    code, token = street.person()
    vmc, draw = machine.vmc, street.draw
    vmc.settings.dispenses = draw.random() < 0.8
    vmc.settings.resets_when_approved = draw.random() < 0.1
    vmc.settings.dispense_us = draw.randrange(500_000, 4_000_000)
    vmc.settings.cancels_after_us = draw.choice((None, None, None, draw.randrange(300_000)))
    sold_before = len(vmc.sold)
    _begin_a_session(street, machine, token)
    if vmc.in_session:
        vmc.choose(ITEM, PRICE_CENTS)
    machine.run_for(draw.random() * 8)
    street.go_on(machine)
    return _judge(street, machine, code, token, len(vmc.sold) - sold_before)


def cut_a_revalue(street: Street, machine: Machine) -> str:
    """Cut the power while cash is put on a token: it is there exactly when the machine kept the cash."""
    code, token = street.person()
    vmc = machine.vmc
    _begin_a_session(street, machine, token)
    answered_before = len(vmc.revalued)
    if vmc.in_session:
        vmc.top_up(CASH_CENTS)
    machine.run_for(street.draw.random() * 4)
    street.go_on(machine)
    moved = street.moved_cents(code)
    was_kept = [is_approved for _, is_approved in vmc.revalued[answered_before:]] == [True]
    credited_cents = sum(moved)
    if credited_cents not in (0, CASH_CENTS) or len(moved) > 2 or (was_kept and not credited_cents):
        raise Unfair(f"cash that was {'' if was_kept else 'not '}kept became {moved}:\n{machine.report()}")
    if credited_cents and not was_kept:
        _require_note(street, machine, token)
        return "flagged"
    return "credited" if credited_cents else "given back" if moved else "not begun"


def cut_offline_sales(street: Street, machine: Machine) -> str:
    """Cut the power of a device that sells by its allowance, and again while it settles: each cup once."""
    code, token = street.person()
    draw, cups_before = street.draw, machine.relay_closures
    machine.wait_display(COFFEE_IDLE)
    _lose_the_network(machine, token, draw.choice(NETWORKS))
    count = draw.randint(1, 3)
    cut_at = draw.randrange(count + 1)
    for number in range(count):
        if number == cut_at:
            street.cut(machine, (*RELAY_EVENTS[:1], *RELAY_EVENTS[-2:]))
        _buy_offline(machine, token)
    machine.network.online()
    if machine.is_powered:
        street.cut(machine)
    street.go_on(machine, cut_again=1)
    cups = machine.relay_closures - cups_before
    moved = street.moved_cents(code)
    paid, remainder = divmod(-sum(moved), PRICE_CENTS)
    debits = sum(cents < 0 for cents in moved)
    # Of one at most it is not sure: the device stays off until the network is back.
    if remainder or not cups <= paid <= min(cups + 1, debits):
        raise Unfair(f"{cups} cups for {moved}:\n{machine.report()}")
    if paid > cups:
        _require_note(street, machine, token)
    return f"{cups} sold" if paid == cups else "flagged"


def _begin_a_session(street: Street, machine: Machine, token: str) -> None:
    machine.wait_display(VENDING_IDLE)
    is_early = street.draw.random() < 0.1
    if is_early:
        street.cut(machine)
    machine.tap(token)
    machine.wait_until(lambda: machine.vmc.in_session or not machine.is_powered)
    if not is_early and street.draw.random() < 0.6:
        street.cut(machine)


def _lose_the_network(machine: Machine, token: str, way: str) -> None:
    machine.network.offline()
    machine.tap(token)
    machine.wait_display("No connection")
    machine.untap()
    if way != "offline":
        # The ledger hears, and the device does not: what it sells may be booked already when it settles.
        machine.network.online()
        machine.network.drop_answer(1000)
    machine.wait_display("Trying again")


def _buy_offline(machine: Machine, token: str) -> None:
    cups = machine.relay_closures
    machine.press("espresso")
    machine.wait_until(lambda: machine.shows("Hold your token") or not machine.is_powered)
    machine.tap(token)
    machine.wait_until(lambda: machine.relay_closures > cups or not machine.is_powered)
    machine.untap()
    machine.wait_until(lambda: machine.shows("Trying again") or not machine.is_powered)


def _judge(street: Street, machine: Machine, code: str, token: str, delivered: int) -> str:
    """Compare what was delivered with what was paid: Unfair when they differ and nobody is told."""
    moved = street.moved_cents(code)
    debits = [cents for cents in moved if cents < 0]
    paid_cents = -sum(moved)
    is_right = delivered <= 1 and len(debits) <= 1 and paid_cents in (0, PRICE_CENTS)
    if not is_right or delivered * PRICE_CENTS > paid_cents:
        raise Unfair(f"{delivered} delivered for {moved}:\n{machine.report()}")
    if paid_cents and not delivered:
        _require_note(street, machine, token)
    return "sold" if delivered else "flagged" if paid_cents else "given back" if debits else "not begun"


def _require_note(street: Street, machine: Machine, token: str) -> None:
    notes = street.notes(machine, token)
    if not any(NOT_SURE in note or WAS_RESET in note for note in notes):
        raise Unfair(f"paid, not delivered, and no word of it but {notes}:\n{machine.report()}")
