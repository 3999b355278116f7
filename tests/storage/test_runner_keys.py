"""The runner's idempotency: a key books at most once, for its owner alone, and remembers its answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.domain.books.errors import FloorReached
from ledger.domain.wallets.commands import debit, purchase, reverse_key, top_up, top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet as open_wallet_command
from ledger.foundation.actor import ActorKind
from ledger.foundation.permissions import Permission
from ledger.storage.command import Request
from ledger.storage.keys import InvalidKey
from ledger.storage.runner import KeyReused, KeyVoided
from tests.factories.ledgers import contents, count, rows
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, balance_cents, open_wallet

KEY = "7d3e-1"
ONE_EURO = {"token_id": TOKEN, "amount_cents": 100, "description": "Münzeinwurf"}
ESPRESSO = {"token_id": TOKEN, "products": ["espresso"], "description": "Espresso"}


@pytest.fixture
def wallet(ledger):
    """Return a wallet with 10 EUR."""
    return open_wallet(ledger, balance_cents=1000)


@pytest.fixture
def actor(ledger, wallet):
    """Return a terminal that may do everything a terminal can."""
    return install(ledger).actor


def test_a_repeated_request_moves_money_once(ledger, wallet, actor):
    first = ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    second = ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert balance_cents(ledger, wallet) == 1100


def test_a_repeat_writes_nothing_at_all(ledger, actor):
    ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    before = contents(ledger)
    ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    assert contents(ledger) == before


def test_a_repeat_is_given_the_answer_of_the_first_run(ledger, actor, clock):
    first = ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    ledger.run(top_up, actor=actor, **ONE_EURO)
    clock.advance(days=200)
    assert ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO).answer == first.answer


def test_without_a_key_the_same_request_moves_money_each_time(ledger, wallet, actor):
    assert not ledger.run(top_up, actor=actor, **ONE_EURO).is_repeat
    assert not ledger.run(top_up, actor=actor, **ONE_EURO).is_repeat
    assert balance_cents(ledger, wallet) == 1200


@pytest.mark.parametrize(
    "changed",
    [{"amount_cents": 101}, {"description": "Münzeinwurf "}, {"tag": "coins"}, {"token_id": "04FFFFFF"}],
    ids=["amount", "description", "tag", "token"],
)
def test_a_key_with_other_content_is_refused_and_books_nothing(ledger, actor, changed):
    ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    before = contents(ledger)
    with pytest.raises(KeyReused):
        ledger.run(top_up, actor=actor, key=KEY, **{**ONE_EURO, **changed})
    assert contents(ledger) == before


def test_a_key_of_another_command_is_refused_though_the_arguments_are_equal(ledger, wallet, actor):
    ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    with pytest.raises(KeyReused):
        ledger.run(debit, actor=actor, key=KEY, **ONE_EURO)
    assert balance_cents(ledger, wallet) == 1100


def test_an_equal_key_of_another_terminal_is_another_key(ledger, wallet, actor):
    other = install(ledger, "kiosk", offers=()).actor
    assert not ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO).is_repeat
    assert not ledger.run(top_up, actor=other, key=KEY, **ONE_EURO).is_repeat
    assert balance_cents(ledger, wallet) == 1200


def test_a_terminal_and_an_operator_of_one_name_do_not_share_their_keys(ledger, wallet, actor):
    namesake = replace(actor, kind=ActorKind.OPERATOR, permissions=frozenset(Permission))
    ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    by_hand = {"wallet_code": wallet.code, "amount_cents": 100, "description": "Münzeinwurf"}
    assert not ledger.run(top_up_by_hand, actor=namesake, key=KEY, **by_hand).is_repeat
    assert balance_cents(ledger, wallet) == 1200


def test_a_refused_attempt_does_not_use_up_its_key(ledger, wallet, actor):
    too_much = {**ONE_EURO, "amount_cents": 1100}
    with pytest.raises(Exception, match="Insufficient"):
        ledger.run(debit, actor=actor, key=KEY, **too_much)
    assert count(ledger, "idempotency_keys") == 0
    ledger.run(top_up, actor=actor, **ONE_EURO)
    assert not ledger.run(debit, actor=actor, key=KEY, **too_much).is_repeat
    assert balance_cents(ledger, wallet) == 0


def test_a_key_remembers_the_command_that_it_started(ledger, actor):
    ledger.run(top_up, actor=actor, key=KEY, **ONE_EURO)
    joined = "SELECT command, k.scope FROM idempotency_keys k JOIN audit_log a ON a.id = k.command_id"
    assert rows(ledger, joined) == [("wallets.top_up", actor.scope)]


def test_a_voided_key_never_books_again(ledger, wallet, actor):
    ledger.run(reverse_key, actor=actor, reversed_key=KEY, description="Nothing came")
    for _ in range(2):
        with pytest.raises(KeyVoided):
            ledger.run(purchase, actor=actor, key=KEY, **ESPRESSO)
    assert balance_cents(ledger, wallet) == 1000


def test_voiding_a_key_leaves_the_equal_key_of_another_terminal_alone(ledger, wallet, actor):
    other = install(ledger, "kiosk").actor
    ledger.run(reverse_key, actor=other, reversed_key=KEY, description="Nothing came")
    ledger.run(purchase, actor=actor, key=KEY, **ESPRESSO)
    assert balance_cents(ledger, wallet) == 975


@pytest.mark.parametrize("key", ["", " ", "k" * 65, "a\x00b", "a\ud800b"])
def test_a_key_that_cannot_be_kept_is_refused_and_books_nothing(ledger, actor, key):
    before = contents(ledger)
    with pytest.raises(InvalidKey):
        ledger.run(top_up, actor=actor, key=key, **ONE_EURO)
    with pytest.raises(InvalidKey):
        ledger.run(reverse_key, actor=actor, reversed_key=key, description="Nothing came")
    assert contents(ledger) == before


@pytest.mark.parametrize("key", ["", "k" * 65, "a\x00b", "a\ud800b"])
def test_a_key_that_cannot_be_kept_is_refused_in_a_group_as_it_is_alone(ledger, wallet, actor, key):
    group = [Request.of(top_up, actor=actor, key=each, arguments=ONE_EURO) for each in (KEY, key)]
    booked, refused = ledger.runner.run_together(group)
    assert (booked.is_repeat, type(refused)) == (False, InvalidKey)
    assert balance_cents(ledger, wallet) == 1100


def test_a_key_whose_command_was_refused_serves_the_next_one_of_its_group(ledger, wallet, actor):
    group = [
        Request.of(debit, actor=actor, key=KEY, arguments={**ONE_EURO, "amount_cents": cents})
        for cents in (1001, 1000, 999)
    ]
    too_much, booked, reused = ledger.runner.run_together(group)
    assert (type(too_much), booked.is_repeat, type(reused)) == (FloorReached, False, KeyReused)
    assert balance_cents(ledger, wallet) == 0


def test_a_key_may_have_64_characters_of_any_script(ledger, actor):
    key = "鍵" * 64
    ledger.run(top_up, actor=actor, key=key, **ONE_EURO)
    assert ledger.run(top_up, actor=actor, key=key, **ONE_EURO).is_repeat


def test_a_secret_is_shown_once_and_never_remembered(ledger, operator):
    def ask():
        return install(ledger, "kiosk", key=KEY).api_token

    api_token = ask()
    assert len(api_token) == 43
    assert ask() is None
    everything = repr(contents(ledger))
    assert '"slug": "kiosk"' in everything  # the answer was remembered
    assert api_token not in everything


def test_a_key_serves_a_command_that_names_no_terminal(ledger, operator):
    first = ledger.run(open_wallet_command, actor=operator, key=KEY, currency="EUR")
    second = ledger.run(open_wallet_command, actor=operator, key=KEY, currency="EUR")
    assert (second.is_repeat, second.answer) == (True, first.answer)
    assert count(ledger, "wallets") == 1
