"""Cuts the power of devices at random: nothing is lost, nothing is doubled, and they always start again.

.venv/bin/python -m benchmarks.power_cuts [--cuts 1000] [--seed 1]

The real firmware on its virtual machine and its flash, in virtual time, against a real ledger: purchases,
coins that fall, journals that are settled, and updates. Every cut is followed by a start, and by what the
books say.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.debits import SECRET_KEY
from benchmarks.publisher import Publisher
from benchmarks.servers import ledger_server
from ledger.domain.audit.queries import audit
from ledger.domain.catalog.commands import install_terminal
from ledger.domain.catalog.records import Offer
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.domain.wallets.queries import statement
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade
from terminal_sim import Bench
from terminal_sim.machine import Machine

PRICE_CENTS = 120
START_CENTS = 500
COINS_CENTS = (50, 100, 200)
# The longest pause of a device between two tries to settle is 30 s.
SETTLING_S = 40
# A purchase or a coin takes fewer flash operations: some cuts come after it.
MOST_OPERATIONS = 8
# An update that brings one small module; the first two bring all of them.
MOST_OPERATIONS_OF_AN_UPDATE = 90
UPDATING_S = 120
EVENTS = ("request_sent", "request_delivered", "answer_heard")


class Unfair(Exception):
    """Somebody lost money or got some, or a device did not start again."""


@dataclass
class Street:
    """A ledger that is served, devices on a bench, people who come by, and what has happened to them."""

    ledger: Ledger
    bench: Bench
    url: str
    draw: random.Random
    came_to: Counter = field(default_factory=Counter)
    people: int = 0
    publisher: Publisher | None = None

    def person(self) -> tuple[str, str]:
        """Open a wallet with a little on it; returns its code and its token."""
        self.people += 1
        token, actor = f"04{self.people:012X}", operator_on_this_machine()
        code = self.ledger.run(open_wallet, actor=actor, currency="EUR", token_id=token).answer.code
        credit = {"wallet_code": code, "amount_cents": START_CENTS, "description": "Start"}
        self.ledger.run(top_up_by_hand, actor=actor, **credit)
        return code, token

    def moved_cents(self, code: str) -> list[int]:
        """Return what has moved on a wallet since its start."""
        moved = self.ledger.read(statement, code=code).transactions
        return [each.amount_cents for each in moved if each.description != "Start"]

    def device(self, device: str, permission: TerminalPermission, **config: object) -> Machine:
        """Put a device on the bench."""
        slug = config.get("name", device)
        offers = (Offer("espresso", "Espresso", PRICE_CENTS),) if permission.value == "debit" else ()
        details = {"slug": slug, "friendly_name": slug, "permission": permission, "offers": offers}
        actor = operator_on_this_machine()
        installed = self.ledger.run(install_terminal, actor=actor, currency="EUR", **details).answer
        return self.bench.terminal(device, self.url, installed.api_token, **config)

    def cut(self, machine: Machine) -> None:
        """Let the power of a device fail soon: at a flash operation, at an event, or at some moment."""
        way = self.draw.random()
        if way < 0.6:
            machine.cut_power_at(self.draw.randint(1, MOST_OPERATIONS), torn=self.draw.random() < 0.5)
        elif way < 0.85:
            machine.cut_power_when(self.draw.choice(EVENTS))

    def go_on(self, machine: Machine) -> None:
        """See to it that the power has failed, bring it back, and let the device settle."""
        if machine.is_powered:
            machine.run_for(self.draw.random() * 5)
        if machine.is_powered:
            machine.cut_power()
        machine.untap()
        machine.network.online()
        machine.boot()
        machine.run_for(SETTLING_S)
        if not machine.is_powered or machine.shows("Out of order"):
            raise Unfair(f"it does not serve again:\n{machine.report()}")


def cut_a_purchase(street: Street, machine: Machine) -> str:
    """Cut the power while somebody buys: paid and delivered, or neither."""
    code, token = street.person()
    cups_before, said_before = machine.relay_closures, len(machine.console)
    machine.wait_display("Choose a drink")
    machine.press("espresso")
    machine.wait_display("Hold your token")
    street.cut(machine)
    machine.tap(token)
    machine.run_for(street.draw.random() * 12)
    street.go_on(machine)
    moved, cups = street.moved_cents(code), machine.relay_closures - cups_before
    debits = [cents for cents in moved if cents < 0]
    is_flagged = any("power failed during delivery" in line for line in machine.console[said_before:])
    if len(debits) > 1 or cups > 1 or (cups and sum(moved) != -PRICE_CENTS):
        raise Unfair(f"{cups} cups for {moved}:\n{machine.report()}")
    if sum(moved) and not cups and not is_flagged:
        raise Unfair(f"no cup and no word of it for {moved}:\n{machine.report()}")
    return "sold" if cups else "flagged" if sum(moved) else "given back" if debits else "not begun"


def _begin_to_insert(street: Street, machine: Machine) -> str:
    code, token = street.person()
    machine.wait_display("Hold your token")
    machine.run_for(3)  # the slot opens when its line has rested after the start
    machine.tap(token)
    machine.wait_display("Insert coins")
    return code


def cut_a_coin(street: Street, machine: Machine) -> str:
    """Cut the power while a coin falls: credited once, or noted, or lost before it was on flash."""
    code = _begin_to_insert(street, machine)
    cents = street.draw.choice(COINS_CENTS)
    said_before = len(machine.console)
    machine.wait_until(lambda: machine.insert_coin(cents))
    street.cut(machine)
    machine.run_for(street.draw.random() * 8)
    street.go_on(machine)
    moved = street.moved_cents(code)
    if moved not in ([], [cents]):
        raise Unfair(f"a coin of {cents} became {moved}:\n{machine.report()}")
    is_noted = any("cut off while a coin was counted" in line for line in machine.console[said_before:])
    return "credited" if moved else "noted" if is_noted else "lost before flash"


def cut_a_settlement(street: Street, machine: Machine) -> str:
    """Cut the power again and again while coins of an offline hour are settled: each counts once."""
    code = _begin_to_insert(street, machine)
    machine.network.offline()
    for cents in COINS_CENTS:
        machine.wait_until(lambda cents=cents: machine.insert_coin(cents))
        machine.wait_until(lambda: not machine.is_coin_falling)
    machine.run_for(5)
    machine.untap()
    machine.network.online()
    for _ in range(2):
        street.cut(machine)
        machine.run_for(street.draw.random() * 8)
        street.go_on(machine)
    machine.run_for(SETTLING_S)
    moved = sorted(street.moved_cents(code))
    if moved != sorted(COINS_CENTS):
        raise Unfair(f"coins of {COINS_CENTS} became {moved}:\n{machine.report()}")
    return "settled"


def cut_an_update(street: Street, machine: Machine) -> str:
    """Cut the power while a device updates itself: it starts again, and gets to the new version."""
    version = street.publisher.publish()
    said_before = len(machine.console)
    if street.draw.random() < 0.8:
        operation = street.draw.randint(1, MOST_OPERATIONS_OF_AN_UPDATE)
        machine.cut_power_at(operation, torn=street.draw.random() < 0.5)
    machine.run_for(street.draw.random() * 20)
    street.go_on(machine)
    machine.wait_until(lambda: is_said(machine, said_before, f"version {version} runs"), UPDATING_S)
    machine.wait_until(lambda: is_said(machine, said_before, "healthy and stays"), UPDATING_S)
    tries = sum(f"version {version} runs" in line for line in machine.console[said_before:])
    return "updated" if tries == 1 else "updated, started twice"


def is_said(machine: Machine, since: int, text: str) -> bool:
    """Say whether the console has a text since one of its lines."""
    return any(text in line for line in machine.console[since:])


Scene = Callable[[Street, Machine], str]
# What is cut, on which device, and how many cuts there are in each.
SCENES: tuple[tuple[Scene, str, int], ...] = (
    (cut_a_purchase, "coffee_machine", 1),
    (cut_a_coin, "coin_station", 1),
    (cut_a_settlement, "coin_station", 2),
    (cut_an_update, "updating_machine", 1),
)


def main() -> None:
    """Cut, compare, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/books.db"
        os.environ |= {"TAPLEDGER_DATABASE_URL": url, "TAPLEDGER_SECRET_KEY": SECRET_KEY}
        settings = Settings.from_environment()
        database = open_database(settings.database_url)
        upgrade(database.engine)
        ledger = Ledger(database, settings)
        with ledger_server(1) as (port, _), Bench(seed=options.seed) as bench:
            street = Street(ledger, bench, f"http://127.0.0.1:{port}", random.Random(options.seed))
            street.publisher = Publisher(ledger, Path(folder), "updating_machine")
            _cut(street, options.cuts)
        is_whole = all(proof.holds for proof in ledger.read(audit))
        database.close()
    for (scene, came_to), count in sorted(street.came_to.items()):
        print(f"{scene:>18}  {count:5} × {came_to}")
    print("the books are whole" if is_whole else "THE BOOKS DO NOT HOLD")


def _cut(street: Street, cuts: int) -> None:
    machines = {
        "coffee_machine": street.device("coffee_machine", TerminalPermission.DEBIT, buttons=["espresso"]),
        "coin_station": street.device("coin_station", TerminalPermission.CREDIT),
        "updating_machine": street.device(
            "coffee_machine", TerminalPermission.DEBIT, name="updating_machine", update_check_ms=5000
        ),
    }
    updating = machines["updating_machine"]
    updating.cut_power()
    updating.device.files().write("/update_key.json", street.publisher.public_key)
    updating.boot()
    done = 0
    while done < cuts:
        scene, device, count = street.draw.choice(SCENES)
        street.came_to[scene.__name__, scene(street, machines[device])] += count
        done += count
        if done % 50 < count:
            print(f"{done} of {cuts} cuts", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
