"""The scenes of the demo, in order; each is a function of the machines, the stage and the narrator."""

from __future__ import annotations

from typing import Any

from ledger.cli.demo.narrator import Narrator
from ledger.cli.demo.stage import ANNA_TOKEN, BEN_TOKEN, ESPRESSO_CENTS, Stage
from terminal_sim.machine import Machine

Machines = dict[str, Machine]
COINS_CENTS = (200, 100, 50)
ONE_COFFEE = {"booked_cents": [-ESPRESSO_CENTS], "relay_closures": 1}
NOTHING = {"booked_cents": [], "relay_closures": 0}


def coins(machines: Machines, stage: Stage, narrator: Narrator) -> None:
    """Three coins go onto one token."""
    station = machines["coin_station"]
    narrator.heading("Anna pays three coins into the coin station")
    station.tap(ANNA_TOKEN)
    station.wait_display("Insert coins")
    narrator.say(f"She holds her token ({ANNA_TOKEN}) to the reader.")
    narrator.show(station)
    for cents in COINS_CENTS:
        station.wait_until(lambda cents=cents: station.insert_coin(cents))
        station.wait_display("credited")
        station.run_for(2)
    narrator.say("2.00, 1.00 and 0.50: each coin is in the journal before it is credited.")
    narrator.show(station)
    station.untap()
    station.run_for(2)


def espresso(machines: Machines, stage: Stage, narrator: Narrator) -> None:
    """The token buys an espresso."""
    machine = machines["coffee_machine"]
    narrator.heading("Anna buys an espresso")
    before = _so_far(machine, stage, ANNA_TOKEN)
    _buy(machine, "espresso", ANNA_TOKEN, narrator)
    found = _since(before, machine, stage, ANNA_TOKEN)
    narrator.claim("The ledger booked 1.20, and only then the relay closed: coffee.", ONE_COFFEE, found)
    _leave(machine)


def too_little(machines: Machines, stage: Stage, narrator: Narrator) -> None:
    """A second token with too little money is declined, and the display says why."""
    machine = machines["coffee_machine"]
    narrator.heading("Ben has too little money for a cappuccino")
    before = _so_far(machine, stage, BEN_TOKEN)
    _choose(machine, "cappuccino")
    machine.tap(BEN_TOKEN)
    machine.wait_display("Top up first")
    narrator.show(machine)
    _leave(machine)
    found = _since(before, machine, stage, BEN_TOKEN)
    narrator.claim("Nothing was booked, and the relay did not close.", NOTHING, found)


def broken_network(machines: Machines, stage: Stage, narrator: Narrator) -> None:
    """The network drops in the middle of a purchase; the same key is asked again; one debit."""
    machine = machines["coffee_machine"]
    narrator.heading("The network drops in the middle of Anna's second espresso")
    asked, before = len(machine.network.requests), _so_far(machine, stage, ANNA_TOKEN)
    closures = machine.relay_closures
    machine.network.drop_answer(method="POST")
    _choose(machine, "espresso")
    machine.tap(ANNA_TOKEN)
    machine.wait_display("Connection lost")
    narrator.say("The ledger has booked it, but its answer was lost on the way:")
    narrator.show(machine)
    machine.wait_relay(closures + 1)
    machine.run_for(1)
    narrator.say("The machine asks again with the same key, hears 202, and brews:")
    narrator.show(machine)
    narrator.requests(machine, len(machine.network.requests) - asked)
    _leave(machine)
    found = _since(before, machine, stage, ANNA_TOKEN)
    narrator.claim("One debit, one coffee.", ONE_COFFEE, found)


def top_up(machines: Machines, stage: Stage, narrator: Narrator) -> None:
    """A member of staff tops a token up."""
    terminal = machines["nfc_terminal"]
    narrator.heading("At the front desk Ben hands over a ten-euro note")
    terminal.keys("1000#")
    terminal.run_for(1)
    narrator.say("A member of staff types 1000 (cents) and #:")
    narrator.show(terminal)
    terminal.tap(BEN_TOKEN)
    terminal.wait_display("10.30")
    narrator.say("Ben holds his token to the reader:")
    narrator.show(terminal)
    _leave(terminal)


STORY = (coins, espresso, too_little, broken_network, top_up)


def _so_far(machine: Machine, stage: Stage, token: str) -> tuple[int, int]:
    return len(stage.amounts_cents(token)), machine.relay_closures


def _since(before: tuple[int, int], machine: Machine, stage: Stage, token: str) -> dict[str, Any]:
    postings, closures = before
    booked_cents = stage.amounts_cents(token)[postings:]
    return {"booked_cents": booked_cents, "relay_closures": machine.relay_closures - closures}


def _buy(machine: Machine, product: str, token: str, narrator: Narrator) -> None:
    closures = machine.relay_closures
    _choose(machine, product)
    narrator.show(machine)
    machine.tap(token)
    machine.wait_relay(closures + 1)
    machine.run_for(1)
    narrator.show(machine)


def _choose(machine: Machine, product: str) -> None:
    machine.wait_display("Choose a drink")
    machine.press(product)
    machine.wait_display("Hold your token")


def _leave(machine: Machine) -> None:
    machine.untap()
    machine.run_for(8)
