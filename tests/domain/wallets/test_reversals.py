"""Giving money back: by hand for any transaction, and by key for a terminal that does not know."""

from __future__ import annotations

import pytest

from ledger.domain.books.errors import AlreadyReversed, FloorReached, NotReversible, PostingUnknown
from ledger.domain.books.records import PostingKind
from ledger.domain.devices.errors import NotATerminal
from ledger.domain.wallets.commands import debit, purchase, reverse_by_hand, reverse_key, top_up
from ledger.domain.wallets.errors import NotYourTransaction
from ledger.domain.wallets.pairing import block_token
from ledger.domain.wallets.queries import statement
from ledger.domain.wallets.records import ReversalState
from ledger.foundation.errors import Invalid
from ledger.storage.runner import KeyReused, KeyVoided
from tests.factories.ledgers import contents, rows
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, balance_cents, open_wallet

ESPRESSO = {"token_id": TOKEN, "products": ["espresso"], "description": "Espresso"}
CASH = {"token_id": TOKEN, "amount_cents": 40, "description": "Coins"}
WHY = {"description": "No cup"}


@pytest.fixture
def wallet(ledger):
    """Return a wallet with 1 EUR."""
    return open_wallet(ledger, balance_cents=100)


@pytest.fixture
def actor(ledger, wallet):
    """Return a terminal that may do everything a terminal can."""
    return install(ledger).actor


def _latest_code(ledger, wallet):
    return ledger.read(statement, code=wallet.code).transactions[0].code


def test_reversing_a_booked_key_gives_the_money_back_and_says_so(ledger, wallet, actor):
    ledger.run(purchase, actor=actor, key="k1", **ESPRESSO)
    reversal = ledger.run(reverse_key, actor=actor, key="k1-r", reversed_key="k1", **WHY).answer
    assert (reversal.state, reversal.wallet.balance_cents) == (ReversalState.REVERSED, 100)
    assert ledger.read(statement, code=wallet.code).transactions[0].kind is PostingKind.REVERSAL


def test_a_key_is_reversed_once_however_often_it_is_asked_and_by_whatever_key(ledger, wallet, actor):
    ledger.run(debit, actor=actor, key="k1", **CASH)
    ledger.run(reverse_key, actor=actor, key="k1-r", reversed_key="k1", **WHY)
    assert ledger.run(reverse_key, actor=actor, key="k1-r", reversed_key="k1", **WHY).is_repeat
    for key in ("k1-r2", None):
        again = ledger.run(reverse_key, actor=actor, key=key, reversed_key="k1", **WHY).answer
        assert (again.state, again.wallet.balance_cents) == (ReversalState.WAS_REVERSED, 100)
    assert balance_cents(ledger, wallet) == 100


def test_a_key_that_booked_nothing_is_void_from_then_on(ledger, wallet, actor):
    for _ in range(2):
        reversal = ledger.run(reverse_key, actor=actor, reversed_key="k1", **WHY).answer
        assert (reversal.state, reversal.wallet) == (ReversalState.NEVER_BOOKED, None)
    with pytest.raises(KeyVoided):
        ledger.run(purchase, actor=actor, key="k1", **ESPRESSO)
    assert balance_cents(ledger, wallet) == 100


def test_the_net_effect_is_zero_in_whichever_order_request_and_reversal_arrive(ledger, wallet, actor):
    ledger.run(purchase, actor=actor, key="first", **ESPRESSO)
    ledger.run(reverse_key, actor=actor, key="first-r", reversed_key="first", **WHY)
    assert ledger.run(purchase, actor=actor, key="first", **ESPRESSO).is_repeat
    ledger.run(reverse_key, actor=actor, key="second-r", reversed_key="second", **WHY)
    with pytest.raises(KeyVoided):
        ledger.run(purchase, actor=actor, key="second", **ESPRESSO)
    assert balance_cents(ledger, wallet) == 100


def test_a_refused_debit_leaves_a_key_that_can_be_voided(ledger, wallet, actor):
    with pytest.raises(FloorReached):
        ledger.run(debit, actor=actor, key="k1", **{**CASH, "amount_cents": 101})
    reversal = ledger.run(reverse_key, actor=actor, reversed_key="k1", **WHY).answer
    assert reversal.state is ReversalState.NEVER_BOOKED


def test_a_dry_reversal_voids_and_moves_nothing(ledger, wallet, actor):
    ledger.run(purchase, actor=actor, key="k1", **ESPRESSO)
    before = contents(ledger)
    for key in ("k1", "k2"):
        ledger.run(reverse_key, actor=actor, dry_run=True, reversed_key=key, **WHY)
    assert contents(ledger) == before


def test_a_terminal_takes_back_no_credit(ledger, wallet, actor):
    ledger.run(top_up, actor=actor, key="k1", **CASH)
    before = contents(ledger)
    with pytest.raises(NotYourTransaction):
        ledger.run(reverse_key, actor=actor, key="k1-r", reversed_key="k1", **WHY)
    assert contents(ledger) == before


def test_a_terminal_does_not_reverse_a_reversal(ledger, wallet, actor):
    ledger.run(purchase, actor=actor, key="k1", **ESPRESSO)
    ledger.run(reverse_key, actor=actor, key="k1-r", reversed_key="k1", **WHY)
    with pytest.raises(NotYourTransaction):
        ledger.run(reverse_key, actor=actor, key="k1-r-r", reversed_key="k1-r", **WHY)
    assert balance_cents(ledger, wallet) == 100


def test_a_terminal_reaches_no_key_of_another(ledger, wallet, actor):
    other = install(ledger, "kiosk").actor
    ledger.run(purchase, actor=actor, key="k1", **ESPRESSO)
    reversal = ledger.run(reverse_key, actor=other, key="k1-r", reversed_key="k1", **WHY).answer
    assert reversal.state is ReversalState.NEVER_BOOKED
    assert balance_cents(ledger, wallet) == 75


def test_a_key_that_reverses_itself_books_nothing_ever(ledger, wallet, actor):
    reversal = ledger.run(reverse_key, actor=actor, key="k1", reversed_key="k1", **WHY).answer
    assert reversal.state is ReversalState.NEVER_BOOKED
    with pytest.raises(KeyReused):
        ledger.run(purchase, actor=actor, key="k1", **ESPRESSO)


def test_the_money_goes_back_though_the_token_has_been_blocked(ledger, wallet, actor, operator):
    ledger.run(purchase, actor=actor, key="k1", **ESPRESSO)
    ledger.run(block_token, actor=operator, token_id=TOKEN)
    reversal = ledger.run(reverse_key, actor=actor, reversed_key="k1", **WHY).answer
    assert reversal.wallet.balance_cents == 100


def test_only_a_terminal_has_keys_to_reverse(ledger, wallet, operator):
    with pytest.raises(NotATerminal):
        ledger.run(reverse_key, actor=operator, reversed_key="k1", **WHY)


def test_staff_undo_a_purchase_and_a_top_up(ledger, wallet, actor, operator):
    ledger.run(purchase, actor=actor, **ESPRESSO)
    undone = ledger.run(
        reverse_by_hand, actor=operator, transaction_code=_latest_code(ledger, wallet), **WHY
    ).answer
    assert (undone.code, undone.balance_cents) == (wallet.code, 100)
    ledger.run(top_up, actor=actor, **CASH)
    undone = ledger.run(
        reverse_by_hand, actor=operator, transaction_code=_latest_code(ledger, wallet), **WHY
    ).answer
    assert (undone.code, undone.balance_cents) == (wallet.code, 100)


def test_what_staff_undid_names_no_terminal_and_what_it_reverses(ledger, wallet, actor, operator):
    ledger.run(purchase, actor=actor, **ESPRESSO)
    code = _latest_code(ledger, wallet)
    ledger.run(reverse_by_hand, actor=operator, transaction_code=code, **WHY)
    joined = "SELECT b.code, a.terminal_id FROM postings a JOIN postings b ON b.id = a.reverses_id"
    assert rows(ledger, joined) == [(code, None)]


def test_staff_undo_a_transaction_once_and_never_an_undoing(ledger, wallet, actor, operator):
    ledger.run(purchase, actor=actor, **ESPRESSO)
    code = _latest_code(ledger, wallet)
    ledger.run(reverse_by_hand, actor=operator, transaction_code=code, **WHY)
    with pytest.raises(AlreadyReversed):
        ledger.run(reverse_by_hand, actor=operator, transaction_code=code, **WHY)
    undoing = _latest_code(ledger, wallet)
    with pytest.raises(NotReversible):
        ledger.run(reverse_by_hand, actor=operator, transaction_code=undoing, **WHY)


def test_a_debit_that_staff_undid_is_not_given_back_to_its_terminal_again(ledger, wallet, actor, operator):
    ledger.run(purchase, actor=actor, key="k1", **ESPRESSO)
    by_hand = {"transaction_code": _latest_code(ledger, wallet), **WHY}
    ledger.run(reverse_by_hand, actor=operator, **by_hand)
    reversal = ledger.run(reverse_key, actor=actor, reversed_key="k1", **WHY).answer
    assert (reversal.state, reversal.wallet.balance_cents) == (ReversalState.WAS_REVERSED, 100)


def test_a_credit_that_was_spent_cannot_be_undone(ledger, wallet, actor, operator):
    code = _latest_code(ledger, wallet)
    ledger.run(debit, actor=actor, **CASH)
    with pytest.raises(FloorReached) as refused:
        ledger.run(reverse_by_hand, actor=operator, transaction_code=code, **WHY)
    assert refused.value.details == {"balance_cents": 60}


def test_only_a_transaction_that_exists_is_undone_and_with_a_reason(ledger, wallet, actor, operator):
    with pytest.raises(PostingUnknown):
        ledger.run(reverse_by_hand, actor=operator, transaction_code="txn_none", **WHY)
    with pytest.raises(Invalid):
        ledger.run(reverse_by_hand, actor=operator, transaction_code="txn_none", description=" ")
    with pytest.raises(Invalid):
        ledger.run(reverse_key, actor=actor, reversed_key="k1", description="")
