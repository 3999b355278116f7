"""The books against a model in plain Python: random postings, reversals, floors and refusals."""

from __future__ import annotations

from contextlib import ExitStack

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ledger.domain.books.errors import AlreadyReversed, FloorReached, InvalidPosting, NotReversible
from ledger.domain.books.queries import balance_cents
from ledger.domain.books.records import AccountKind
from ledger.foundation.errors import Refusal
from ledger.foundation.money import MAX_AMOUNT_CENTS, InvalidAmount
from tests.factories.books import open_account, post, reverse
from tests.factories.ledgers import broken_proofs, count, forget_durability, opened_ledger

AMOUNTS = st.integers(1, 300) | st.sampled_from([0, -1, True, MAX_AMOUNT_CENTS, MAX_AMOUNT_CENTS + 1])
FLOORS = st.sampled_from([0, 0, -100])
CURRENCIES = st.sampled_from(["EUR", "EUR", "EUR", "USD"])

# Shrinking a failure would take minutes of a disk's time; twenty steps can be read as they are.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
HOUSEHOLD = settings(max_examples=25, stateful_step_count=20, phases=PHASES)


class Books(RuleBasedStateMachine):
    """Does at random what may be done to books, and much that may not."""

    accounts = Bundle("accounts")
    postings = Bundle("postings")

    def __init__(self, open_fresh):
        super().__init__()
        self.ledger = open_fresh()
        self.held = {}
        self.floors = {}
        self.by_id = {}
        self.reversed = set()
        self.posted = 0

    def _open(self, kind, currency, floor_cents=0):
        owner = f"{kind}-{len(self.held)}"
        account = open_account(self.ledger, kind, owner, currency=currency, floor_cents=floor_cents)
        self.held[account.id], self.by_id[account.id] = 0, account
        self.floors[account.id] = floor_cents if kind is AccountKind.WALLET else None
        return account

    @initialize(target=accounts)
    def open_the_house(self):
        return multiple(*(self._open(kind, "EUR") for kind in AccountKind))

    @rule(target=accounts, floor_cents=FLOORS, currency=CURRENCIES)
    def open_wallet(self, floor_cents, currency):
        return self._open(AccountKind.WALLET, currency, floor_cents)

    @rule(target=postings, source=accounts, destination=accounts, amount=AMOUNTS)
    def post(self, source, destination, amount):
        expected = self._refusal_of(source, destination, amount)
        return self._attempt(expected, lambda: post(self.ledger, source, destination, amount))

    @rule(target=postings, original=postings)
    def reverse(self, original):
        source, destination = self.by_id[original.destination_id], self.by_id[original.source_id]
        expected = self._refusal_of(source, destination, original.amount_cents)
        if original.reverses_id is not None:
            expected = NotReversible
        elif original.id in self.reversed:
            expected = AlreadyReversed
        result = self._attempt(expected, lambda: reverse(self.ledger, original.code))
        self.reversed.add(original.id if expected is None else None)
        return result

    def _refusal_of(self, source, destination, amount):
        """Say what the books must refuse this with, in the order in which they look."""
        if source.id == destination.id:
            return InvalidPosting
        if type(amount) is not int or not 0 < amount <= MAX_AMOUNT_CENTS:
            return InvalidAmount
        if source.currency != destination.currency:
            return InvalidPosting
        floor_cents = self.floors[source.id]
        under = floor_cents is not None and self.held[source.id] - amount < floor_cents
        return FloorReached if under else None

    def _attempt(self, expected, act):
        try:
            made = act()
        except Refusal as refusal:
            assert type(refusal) is expected
            return multiple()
        assert expected is None
        self.held[made.source_id] -= made.amount_cents
        self.held[made.destination_id] += made.amount_cents
        self.posted += 1
        return made

    @invariant()
    def balances_are_those_of_the_model(self):
        assert self.ledger.read(self._balances) == self.held

    def _balances(self, reader):
        """Return what the books say was received by each account, whichever side people read it from."""
        signs = {"credit": 1, "debit": -1}
        return {
            account.id: signs[account.normal_side] * balance_cents(reader, account)
            for account in self.by_id.values()
        }

    def teardown(self):
        assert count(self.ledger, "postings") == self.posted
        assert broken_proofs(self.ledger) == []


def test_books_do_at_every_step_what_a_simple_model_says(shelf):
    with ExitStack() as stack:

        def open_fresh():
            stack.pop_all().close()
            shelf.clear()
            ledger = stack.enter_context(opened_ledger(shelf.migrated()))
            forget_durability(ledger)
            return ledger

        run_state_machine_as_test(lambda: Books(open_fresh), settings=HOUSEHOLD)
