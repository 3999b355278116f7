"""A ledger that is served, devices whose power fails, and people who come by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from random import Random

from benchmarks.power_cuts.devices import DEVICES, Place
from benchmarks.publisher import Publisher
from ledger.domain.catalog.commands import install_terminal
from ledger.domain.devices.offline import grant_offline
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.domain.wallets.queries import statement
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from terminal_sim import Bench
from terminal_sim.journal import noted_records
from terminal_sim.machine import Machine

START_CENTS = 500
# The longest pause of a device between two tries to settle is 30 s, and it may have to try twice.
SETTLING_S = 90
# Looking more often would cost more than what goes on meanwhile.
LOOK_S = 1
AFTERWARDS_S = 40
# A purchase takes some ten flash operations and a coin twelve: some cuts come after it.
MOST_OPERATIONS = 16
EVENTS = ("request_sent", "request_delivered", "answer_heard")
AT_A_MOMENT, STARTING = "at a moment", "while it started or settled"


class Unfair(Exception):
    """Somebody lost money or got some, or a device did not start again."""


def always() -> bool:
    """Be what nobody has to wait for."""
    return True


class Street:
    """One ledger and one device of each sort, and what has happened to them.

    Whatever is drawn comes from `draw`, which each visit gets anew from the seed. `cuts` counts how often
    the power has failed, by what it failed at.
    """

    def __init__(self, ledger: Ledger, bench: Bench, url: str, folder: Path) -> None:
        self._ledger, self._bench, self._url, self._folder = ledger, bench, url, folder
        self._actor = operator_on_this_machine()
        self._people = 0
        self._moved_cents: dict[str, list[int]] = {}
        self.draw = Random(0)
        self.cuts: Counter = Counter()

    @cached_property
    def publisher(self) -> Publisher:
        """Who publishes updates for the device that takes some."""
        return Publisher(self._ledger, self._folder, "updating_machine")

    def person(self) -> tuple[str, str]:
        """Open a wallet with a little on it; returns its code and its token."""
        self._people += 1
        token = f"04{self._people:012X}"
        opened = self._ledger.run(open_wallet, actor=self._actor, currency="EUR", token_id=token).answer
        credit = {"wallet_code": opened.code, "amount_cents": START_CENTS, "description": "Start"}
        self._ledger.run(top_up_by_hand, actor=self._actor, **credit)
        return opened.code, token

    def moved_cents(self, code: str) -> list[int]:
        """Return what has moved on a wallet since its start; nothing may move there from then on."""
        self._moved_cents[code] = self._read_moved_cents(code)
        return self._moved_cents[code]

    def machine(self, name: str) -> Machine:
        """Return the device of a name; the first time it is put on the bench."""
        if name not in self._bench.machines:
            self._install(name, DEVICES[name])
        return self._bench.machines[name]

    def notes(self, machine: Machine, token: str) -> list[str]:
        """Return what a device's journal has noted for people about a token."""
        return [str(each.note) for each in noted_records(machine.device.files()) if each.token == token]

    def cut(self, machine: Machine, events: tuple[str, ...] = EVENTS) -> None:
        """Let the power of a device fail soon: at a flash operation, at an event, or at some moment."""
        if not machine.is_powered:
            return
        way = self.draw.random()
        if way < 0.6:
            machine.cut_power_at(self.draw.randint(1, MOST_OPERATIONS), torn=self.draw.random() < 0.5)
        elif way < 0.85:
            machine.cut_power_when(self.draw.choice(events))

    def go_on(self, machine: Machine, is_done: Callable[[], bool] = always, cut_again: float = 0.15) -> None:
        """See to it that the power has failed, bring it back, and let the device settle all it has begun.

        With the chance of `cut_again` it fails once more while the device starts or settles. `is_done` says
        what else has to have happened. Unfair when the device does not serve again.
        """
        if machine.is_powered:
            machine.run_for(self.draw.random() * 5)
        self._end_power(machine, AT_A_MOMENT, "at what was chosen for it")
        machine.untap()
        machine.network.online()
        machine.run_for(self.draw.random() * 8)
        if self.draw.random() < cut_again:
            machine.cut_power_at(self.draw.randint(1, MOST_OPERATIONS), torn=self.draw.random() < 0.5)
            machine.boot()
            machine.run_for(self.draw.random() * 8)
            self._end_power(machine, STARTING, STARTING)
        machine.boot()
        self._settle(machine, is_done)

    def wait_said(self, machine: Machine, since: int, text: str, timeout_s: int) -> None:
        """Wait until the console has a text since one of its lines; Unfair when it takes longer."""
        until_s = machine.seconds + timeout_s
        while not any(text in line for line in machine.console[since:]):
            if machine.seconds > until_s:
                raise Unfair(f"it does not say {text!r}:\n{machine.report()}")
            machine.run_for(LOOK_S)

    def look_back(self) -> None:
        """Let all devices run on, and compare all wallets: Unfair when anything has moved after all."""
        for machine in self._bench.machines.values():
            machine.run_for(AFTERWARDS_S)
        for code, before in self._moved_cents.items():
            if (moved := self._read_moved_cents(code)) != before:
                raise Unfair(f"{before} on {code} became {moved} later")

    def _end_power(self, machine: Machine, at_last: str, before: str) -> None:
        self.cuts[at_last if machine.is_powered else before] += 1
        machine.cut_power()

    def _settle(self, machine: Machine, is_done: Callable[[], bool]) -> None:
        until_s = machine.seconds + SETTLING_S
        idle_text = DEVICES[machine.name].idle_text
        while True:
            machine.run_for(LOOK_S)
            if machine.shows(idle_text) and not machine.open_records and is_done():
                return
            if machine.seconds > until_s:
                raise Unfair(f"it does not serve again: {machine.open_records}\n{machine.report()}")

    def _read_moved_cents(self, code: str) -> list[int]:
        moved = self._ledger.read(statement, code=code).transactions
        return [each.amount_cents for each in moved if each.description != "Start"]

    def _install(self, name: str, place: Place) -> None:
        details = {"friendly_name": name, "permission": place.permission, "offers": place.offers}
        terminal = self._ledger.run(
            install_terminal, actor=self._actor, currency="EUR", slug=name, **details
        ).answer
        if place.allowance is not None:
            self._ledger.run(grant_offline, actor=self._actor, slug=name, allowance=place.allowance)
        machine = self._bench.terminal(place.device, self._url, terminal.api_token, name=name, **place.config)
        if name == "updating_machine":
            machine.cut_power()
            machine.device.files().write("/update_key.json", self.publisher.public_key)
            machine.boot()
