"""Holds against a model in plain Python: one wallet, and all that may happen to its money in a while."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ledger.domain.books.errors import CaptureExceedsHold, FloorReached, HoldClosed, HoldExpired
from ledger.domain.books.holds import held_cents
from ledger.domain.books.queries import balance_cents
from ledger.domain.books.records import AccountKind
from ledger.foundation.errors import Refusal
from ledger.foundation.money import InvalidAmount
from tests.factories.books import capture, open_account, post, release, reserve
from tests.factories.ledgers import broken_proofs, forget_durability, opened_ledger

FLOOR_CENTS = -50
AMOUNTS = st.integers(1, 200)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
HOUSEHOLD = settings(max_examples=25, stateful_step_count=30, phases=PHASES)


@dataclass
class Held:
    """What the model knows of a hold."""

    code: str
    amount_cents: int
    expires_at: datetime
    is_open: bool = True


class Vending(RuleBasedStateMachine):
    """Holds, takes and gives at random, lets time pass, and tries what must be refused."""

    holds = Bundle("holds")

    def __init__(self, open_fresh):
        super().__init__()
        self.ledger = open_fresh()
        self.box = open_account(self.ledger, AccountKind.CASH_BOX, "box")
        self.sales = open_account(self.ledger, AccountKind.TERMINAL_SALES, "machine")
        self.wallet = open_account(self.ledger, AccountKind.WALLET, "wallet", floor_cents=FLOOR_CENTS)
        self.balance_cents, self.known = 300, []
        post(self.ledger, self.box, self.wallet, 300)

    @rule(amount=AMOUNTS)
    def give(self, amount):
        post(self.ledger, self.box, self.wallet, amount)
        self.balance_cents += amount

    @rule(amount=AMOUNTS)
    def take(self, amount):
        expected = None if amount <= self._available() else FloorReached
        if self._attempt(expected, lambda: post(self.ledger, self.wallet, self.sales, amount)):
            self.balance_cents -= amount

    @rule(target=holds, amount=AMOUNTS, lifetime_s=st.integers(1, 300))
    def reserve(self, amount, lifetime_s):
        expected = None if amount <= self._available() else FloorReached
        made = self._attempt(
            expected, lambda: reserve(self.ledger, self.wallet, self.sales, amount, lifetime_s)
        )
        if made is None:
            return multiple()
        self.known.append(Held(made.code, amount, made.expires_at))
        return self.known[-1]

    @rule(hold=holds, amount=AMOUNTS | st.sampled_from([0, -1, True]))
    def capture_some(self, hold, amount):
        self._capture(hold, amount)

    @rule(hold=holds)
    def capture_all(self, hold):
        self._capture(hold, hold.amount_cents)

    def _capture(self, hold, amount):
        expected = None
        if not self._is_live(hold):
            # Nobody has closed it, or a debit that needed the money has: its time is over either way.
            expected = HoldExpired if hold.is_open else HoldClosed
        elif type(amount) is not int or amount <= 0:
            expected = InvalidAmount
        elif amount > hold.amount_cents:
            expected = CaptureExceedsHold
        if self._attempt(expected, lambda: capture(self.ledger, hold.code, amount)):
            self.balance_cents -= amount
            hold.is_open = False

    @rule(hold=holds)
    def release(self, hold):
        if self._is_live(hold):
            release(self.ledger, hold.code)
            hold.is_open = False

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds):
        self.ledger.clock.advance(seconds=seconds)

    @invariant()
    def the_books_say_what_the_model_says(self):
        now, account_id = self.ledger.clock.now(), self.wallet.id
        assert self.ledger.read(balance_cents, account=self.wallet) == self.balance_cents
        assert self.ledger.read(held_cents, account_id=account_id, now=now) == self._held()

    def _attempt(self, expected, act):
        try:
            made = act()
        except Refusal as refusal:
            assert type(refusal) is expected
            return None
        assert expected is None
        return made

    def _is_live(self, hold):
        return hold.is_open and hold.expires_at > self.ledger.clock.now()

    def _held(self):
        return sum(hold.amount_cents for hold in self.known if self._is_live(hold))

    def _available(self):
        return self.balance_cents - self._held() - FLOOR_CENTS

    def teardown(self):
        assert broken_proofs(self.ledger) == []


def test_holds_do_at_every_step_what_a_simple_model_says(shelf):
    with ExitStack() as stack:

        def open_fresh():
            stack.pop_all().close()
            shelf.clear()
            ledger = stack.enter_context(opened_ledger(shelf.migrated()))
            forget_durability(ledger)
            return ledger

        run_state_machine_as_test(lambda: Vending(open_fresh), settings=HOUSEHOLD)
