"""Real threads and real processes at one database: same key at one moment, and a rush on one floor."""

from __future__ import annotations

import multiprocessing

import pytest

from ledger.domain.books.errors import AlreadyReversed, FloorReached
from ledger.domain.books.records import AccountKind
from ledger.domain.devices.commands import roll_api_token
from ledger.domain.wallets.commands import debit, reverse_by_hand, reverse_key, top_up
from ledger.domain.wallets.pairing import issue_pairing_code, pair_by_code, replace_token
from ledger.domain.wallets.records import ReversalState
from ledger.foundation.actor import Actor
from ledger.foundation.errors import Refusal
from ledger.service import Ledger
from ledger.storage.runner import KeyVoided
from tests.factories.books import account_balance_cents, open_account, post, reverse
from tests.factories.ledgers import another_process_of, count, opened_ledger, rows
from tests.factories.moments import at_once
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, balance_cents, open_wallet

THREADS = 20
ABOUT = {"token_id": TOKEN, "description": "Coffee"}


@pytest.fixture
def actor(ledger):
    """Return a terminal that may do everything a terminal can."""
    return install(ledger).actor


@pytest.fixture
def offices(ledger):
    """Give two holds on the same books, as two server processes have."""
    other = another_process_of(ledger)
    yield [ledger, other]
    other.database.close()


def _take(office: Ledger, actor: Actor, key: str | None, amount_cents: int):
    return lambda: office.run(debit, actor=actor, key=key, amount_cents=amount_cents, **ABOUT)


def test_equal_requests_at_the_same_moment_are_one_posting_and_repeats(ledger, offices, actor):
    wallet = open_wallet(ledger, balance_cents=1000)
    outcomes = at_once([_take(offices[number % 2], actor, "k1", 100) for number in range(THREADS)])
    assert sorted(outcome.is_repeat for outcome in outcomes) == [False] + [True] * (THREADS - 1)
    assert {outcome.answer.balance_cents for outcome in outcomes} == {900}
    assert balance_cents(ledger, wallet) == 900
    assert count(ledger, "postings") == 2


def test_a_rush_of_debits_stops_exactly_at_the_floor(ledger, offices, actor):
    wallet = open_wallet(ledger, balance_cents=1000)
    outcomes = at_once([_take(offices[number % 2], actor, None, 90) for number in range(THREADS)])
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert {type(refusal) for refusal in refused} == {FloorReached}
    assert len(refused) == THREADS - 11
    assert {refusal.details["balance_cents"] for refusal in refused} == {10}
    assert balance_cents(ledger, wallet) == 10


def test_debits_and_credits_at_once_add_up(ledger, offices, actor):
    wallet = open_wallet(ledger, balance_cents=1000)

    def give(office, amount_cents):
        return lambda: office.run(top_up, actor=actor, amount_cents=amount_cents, **ABOUT)

    takes = [_take(offices[cents % 2], actor, f"k{cents}", cents) for cents in range(1, 11)]
    at_once([give(offices[cents % 2], 3 * cents) for cents in range(1, 11)] + takes)
    assert balance_cents(ledger, wallet) == 1000 + 2 * 55


def test_a_request_and_its_reversal_at_the_same_moment_leave_nothing(ledger, offices, actor):
    wallet = open_wallet(ledger, balance_cents=1000)
    for number in range(5):
        asked = {"reversed_key": f"k{number}", "description": "No answer"}
        purchase, reversal = at_once(
            [
                _take(offices[0], actor, f"k{number}", 100),
                lambda asked=asked: offices[1].run(reverse_key, actor=actor, **asked),
            ]
        )
        assert not isinstance(reversal, Refusal)
        assert isinstance(purchase, KeyVoided) or not purchase.is_repeat
        assert balance_cents(ledger, wallet) == 1000


@pytest.fixture
def mistake(ledger):
    """Return a wallet with 1 EUR and the code of the posting that brought it, by mistake."""
    wallet = open_wallet(ledger, balance_cents=100)
    return wallet, rows(ledger, "SELECT code FROM postings")[0][0]


def test_of_reversals_of_one_posting_at_the_same_moment_one_wins(ledger, offices, operator, mistake):
    wallet, code = mistake
    asked = {"transaction_code": code, "description": "A mistake"}
    outcomes = at_once(
        [lambda office=office: office.run(reverse_by_hand, actor=operator, **asked) for office in offices * 4]
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    # Not FloorReached either, although the winner has emptied the wallet.
    assert [type(refusal) for refusal in refused] == [AlreadyReversed] * 7
    assert balance_cents(ledger, wallet) == 0


def test_reversals_of_one_key_at_the_same_moment_all_say_that_it_was_given_back(ledger, offices, actor):
    wallet = open_wallet(ledger, balance_cents=1000)
    _take(ledger, actor, "k1", 100)()
    asked = {"reversed_key": "k1", "description": "No answer"}
    outcomes = at_once(
        [lambda office=office: office.run(reverse_key, actor=actor, **asked) for office in offices * 4]
    )
    states = sorted(outcome.answer.state for outcome in outcomes)
    assert states == [ReversalState.REVERSED] + [ReversalState.WAS_REVERSED] * 7
    assert balance_cents(ledger, wallet) == 1000


def test_postings_and_reversals_across_two_wallets_wait_for_nobody_for_ever(ledger, offices):
    box = open_account(ledger, AccountKind.CASH_BOX, "station")
    one, other = (open_account(ledger, AccountKind.WALLET, owner) for owner in ("one", "other"))
    for account in (one, other):
        post(ledger, box, account, 1000)
    there = [post(ledger, one, other, cents).code for cents in range(1, 9)]
    back = [post(ledger, other, one, cents).code for cents in range(1, 9)]
    outcomes = at_once(
        [lambda office=office, code=code: reverse(office, code)
         for pair in zip(there, back, strict=True) for office, code in zip(offices, pair, strict=True)]
    )  # fmt: skip
    assert not [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [account_balance_cents(ledger, account) for account in (one, other)] == [1000, 1000]


def test_a_token_rolled_twice_at_once_leaves_one_that_lives(ledger, offices, actor, operator):
    outcomes = at_once(
        [lambda office=office: office.run(roll_api_token, actor=operator, slug=actor.name)
         for office in offices * 3]
    )  # fmt: skip
    assert not [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert rows(ledger, "SELECT count(*) FROM credentials WHERE revoked_at IS NULL") == [(1,)]


def test_a_lost_token_replaced_twice_at_once_leaves_one_that_is_accepted(ledger, offices, operator):
    wallet = open_wallet(ledger)
    outcomes = at_once(
        [lambda office=office, token=token: office.run(
            replace_token, actor=operator, wallet_code=wallet.code, new_token_id=token)
         for office, token in zip(offices, ("04AAAAAA", "04BBBBBB"), strict=True)]
    )  # fmt: skip
    assert not [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert rows(ledger, "SELECT count(*) FROM wallet_tokens WHERE blocked_at IS NULL") == [(1,)]


def test_a_pairing_code_shown_to_two_tokens_at_once_pairs_one(ledger, offices, actor, operator):
    wallet = open_wallet(ledger, None)
    code = ledger.run(issue_pairing_code, actor=operator, wallet_code=wallet.code).answer.pairing_code
    outcomes = at_once(
        [
            lambda office=office, token=token: office.run(
                pair_by_code, actor=actor, token_id=token, pairing_code=code
            )
            for office, token in zip(offices, ("04AAAAAA", "04BBBBBB"), strict=True)
        ]
    )
    assert len([outcome for outcome in outcomes if isinstance(outcome, Refusal)]) == 1
    assert len(rows(ledger, "SELECT 1 FROM wallet_tokens")) == 1


def _rush(url: str, actor: Actor, ready, keys: list[str]) -> None:
    """Take 90 cents for each key, in a process of its own."""
    with opened_ledger(url) as office:
        ready.wait()
        for key in keys:
            try:
                _take(office, actor, key, 90)()
            except FloorReached:
                continue


@pytest.mark.parametrize(
    ("keys", "left_cents"),
    [
        ([[f"k{n}" for n in range(5)]] * 2, 1000 - 5 * 90),
        ([[f"{name}{n}" for n in range(10)] for name in "ab"], 10),
    ],
    ids=["same keys", "a rush on the floor"],
)
def test_two_processes_keep_the_same_promises(ledger, actor, keys, left_cents):
    wallet = open_wallet(ledger, balance_cents=1000)
    url = ledger.settings.database_url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Barrier(len(keys))
    processes = [spawn.Process(target=_rush, args=(url, actor, ready, some)) for some in keys]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert balance_cents(ledger, wallet) == left_cents
    assert count(ledger, "idempotency_keys") == (1000 - left_cents) // 90
