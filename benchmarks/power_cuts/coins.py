"""The power fails while coins fall or are settled: each is credited once, and what cannot be is noted."""

from __future__ import annotations

from collections import Counter

from benchmarks.power_cuts.devices import COIN_IDLE
from benchmarks.power_cuts.street import Street, Unfair
from terminal_sim.chips.cctalk_acceptor import CcTalkAcceptor
from terminal_sim.machine import Machine

COINS_CENTS = (50, 100, 200)
CUT_OFF = "cut off while a coin was counted"
# With one more that falls while the station is off, they fit into the acceptor's buffer of five events.
MOST_COINS, LATE_COIN_CENTS = 3, 20


def cut_a_coin(street: Street, machine: Machine) -> str:
    """Cut the power while a coin of pulses falls: credited once, or noted, or lost before it was on flash."""
    code, token = _begin_to_insert(street, machine)
    cents = street.draw.choice(COINS_CENTS)
    machine.wait_until(lambda: machine.insert_coin(cents))
    street.cut(machine)
    machine.run_for(street.draw.random() * 8)
    street.go_on(machine)
    moved = street.moved_cents(code)
    if moved not in ([], [cents]):
        raise Unfair(f"a coin of {cents} became {moved}:\n{machine.report()}")
    is_noted = any(CUT_OFF in note for note in street.notes(machine, token))
    if moved and is_noted:
        raise Unfair(f"a coin of {cents} was credited and noted:\n{machine.report()}")
    return "credited" if moved else "noted" if is_noted else "lost before flash"


def cut_a_settlement(street: Street, machine: Machine) -> str:
    """Cut the power again and again while coins of an offline hour are settled: each counts once."""
    code, _ = _begin_to_insert(street, machine)
    machine.network.offline()
    for cents in COINS_CENTS:
        machine.wait_until(lambda cents=cents: machine.insert_coin(cents))
        machine.wait_until(lambda: not machine.is_coin_falling)
    machine.run_for(5)
    machine.untap()
    machine.network.online()
    street.cut(machine)
    machine.run_for(street.draw.random() * 8)
    street.go_on(machine, cut_again=1)
    moved = sorted(street.moved_cents(code))
    if moved != sorted(COINS_CENTS):
        raise Unfair(f"coins of {COINS_CENTS} became {moved}:\n{machine.report()}")
    return "settled"


def cut_a_counted_coin(street: Street, machine: Machine) -> str:
    """Cut the power of a station whose acceptor counts on with a supply of its own: each coin is credited.

    In one visit of six the acceptor's supply fails as well: what it had told by then is credited.
    """
    draw, acceptor = street.draw, machine.coin_acceptor
    till, loses_both = acceptor.till, draw.random() < 0.17
    accepted_cents, lost_cents = till.accepted_cents, till.unread_cents
    code, token = _begin_to_count(street, machine, may_cut=not loses_both)
    if draw.random() < 0.2:
        machine.network.offline()
    fallen = _insert_some(street, machine, acceptor, may_cut=not loses_both)
    if loses_both:
        _cut_the_acceptor(street, machine, acceptor)
    # What an acceptor has not told when it loses its supply, nobody can know.
    untold_cents = till.unread_cents if loses_both else lost_cents
    street.go_on(machine, lambda: not acceptor.busy and till.unread_cents == untold_cents)
    moved = street.moved_cents(code)
    due_cents = till.accepted_cents - accepted_cents - (untold_cents - lost_cents)
    notes = street.notes(machine, token)
    if sum(moved) != due_cents or not Counter(moved) <= Counter(fallen) or notes:
        raise Unfair(f"coins of {fallen} became {moved}, noted {notes}:\n{machine.report()}")
    if untold_cents > lost_cents:
        return "lost with its acceptor before it was told"
    return "credited" if fallen else "none fell"


def _begin_to_insert(street: Street, machine: Machine) -> tuple[str, str]:
    code, token = street.person()
    machine.wait_display(COIN_IDLE)
    machine.run_for(3)  # the slot opens when its line has rested after the start
    machine.tap(token)
    machine.wait_display("Insert coins")
    return code, token


def _begin_to_count(street: Street, machine: Machine, *, may_cut: bool) -> tuple[str, str]:
    code, token = street.person()
    acceptor = machine.coin_acceptor
    machine.wait_display(COIN_IDLE)
    if may_cut and street.draw.random() < 0.15:
        street.cut(machine)
    machine.tap(token)
    machine.wait_until(lambda: acceptor.takes("EU050A") or not machine.is_powered)
    return code, token


def _insert_some(street: Street, machine: Machine, acceptor: CcTalkAcceptor, *, may_cut: bool) -> list[int]:
    """Insert coins; return those that fell into the box."""
    fallen = []
    for cents in street.draw.choices(COINS_CENTS, k=street.draw.randint(1, MOST_COINS)):
        if may_cut and street.draw.random() < 0.5:
            street.cut(machine)
        if acceptor.insert(cents):
            fallen.append(cents)
        machine.run_for(street.draw.random() * 1.5)
    if not machine.is_powered and acceptor.insert(LATE_COIN_CENTS):
        fallen.append(LATE_COIN_CENTS)
    return fallen


def _cut_the_acceptor(street: Street, machine: Machine, acceptor: CcTalkAcceptor) -> None:
    acceptor.power(False)
    # The station writes down what it was told last: were both cut in the same moment, nobody could.
    machine.run_for(1)
    street.cut(machine)
    machine.run_for(street.draw.random() * 3)
    acceptor.power(True)
