"""The runner: one transaction for a command, its audit row, its events and its key; or nothing at all."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from ledger.domain.books.errors import FloorReached
from ledger.domain.wallets.commands import debit, purchase, top_up
from ledger.domain.wallets.queries import wallet_by_token
from ledger.domain.wallets.records import WalletRecord
from ledger.storage.command import Request, command
from ledger.storage.database import DatabaseUnreachable
from ledger.storage.runner import ATTEMPTS, KeyReused, TooContended
from tests.factories.ledgers import another_process_of, contents, count, raw_connection, rows
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, balance_cents, open_wallet

ONE_EURO = {"token_id": TOKEN, "amount_cents": 100, "description": "Coin"}


@pytest.fixture
def wallet(ledger):
    """Return a wallet with 1 EUR."""
    return open_wallet(ledger, balance_cents=100)


@pytest.fixture
def actor(ledger, wallet):
    """Return a terminal that may do everything a terminal can."""
    return install(ledger).actor


def _failing_after(failures, **options):
    """Return a command that books, then fails with each of the given errors, one an attempt."""

    @command("tests.top_up_and_fail", answers=WalletRecord, **options)
    def top_up_and_fail(tx, **arguments):
        answer = top_up(tx, **arguments)
        if failures:
            raise failures.pop(0)
        return answer

    return top_up_and_fail


class SerializationFailure(sqlite3.OperationalError):
    """What a PostgreSQL driver raises when two transactions cannot both be true."""

    sqlstate = "40001"


def _serialization_failure():
    return OperationalError("UPDATE", {}, SerializationFailure("could not serialize access"))


def test_money_audit_row_and_event_are_of_one_command(ledger, wallet, actor):
    ledger.run(top_up, actor=actor, **ONE_EURO)
    command_id, told = rows(ledger, "SELECT id, command FROM audit_log ORDER BY id DESC")[0]
    assert told == "wallets.top_up"
    assert rows(ledger, "SELECT amount_cents FROM postings WHERE command_id = ?", command_id) == [(100,)]
    events = rows(ledger, "SELECT name, payload FROM domain_events WHERE command_id = ?", command_id)
    assert [name for name, _ in events] == ["wallet.topped_up"]
    payload = json.loads(events[0][1])
    assert (payload["wallet"], payload["amount_cents"], payload["balance_cents"]) == (wallet.code, 100, 200)


def test_the_audit_trail_says_who_what_when_and_from_where(ledger, operator, clock):
    clock.advance(minutes=7)
    open_wallet(ledger, token_id=None)
    said = "SELECT command, actor_kind, actor_name, origin, recorded_at FROM audit_log"
    moment = "2021-10-31 20:51:11.000000"
    assert rows(ledger, said) == [("wallets.open", "system", operator.name, operator.origin, moment)]


@pytest.mark.parametrize("failure", [RuntimeError("a bug"), KeyboardInterrupt()], ids=["bug", "interrupt"])
def test_a_command_that_fails_after_booking_leaves_nothing(ledger, actor, failure):
    before = contents(ledger)
    with pytest.raises(type(failure)):
        ledger.run(_failing_after([failure]), actor=actor, key="k1", **ONE_EURO)
    assert contents(ledger) == before


def test_a_refused_command_leaves_nothing(ledger, actor):
    before = contents(ledger)
    with pytest.raises(FloorReached):
        ledger.run(debit, actor=actor, key="k1", **{**ONE_EURO, "amount_cents": 101})
    assert contents(ledger) == before


def test_a_dry_run_answers_what_would_be_and_keeps_nothing(ledger, wallet, actor):
    before = contents(ledger)
    outcome = ledger.run(top_up, actor=actor, key="k1", dry_run=True, **ONE_EURO)
    assert (outcome.answer.balance_cents, outcome.is_repeat) == (200, False)
    assert contents(ledger) == before


def test_a_dry_run_is_refused_as_the_real_run_would_be(ledger, actor):
    with pytest.raises(FloorReached):
        ledger.run(debit, actor=actor, dry_run=True, **{**ONE_EURO, "amount_cents": 101})


def test_a_dry_run_sees_the_keys_that_are_used_up(ledger, actor):
    ledger.run(top_up, actor=actor, key="k1", **ONE_EURO)
    assert ledger.run(top_up, actor=actor, key="k1", dry_run=True, **ONE_EURO).is_repeat
    with pytest.raises(KeyReused):
        ledger.run(top_up, actor=actor, key="k1", dry_run=True, **{**ONE_EURO, "amount_cents": 1})


def test_a_dry_run_leaves_its_key_for_the_real_one(ledger, wallet, actor):
    espresso = {"token_id": TOKEN, "products": ["espresso"], "description": "Espresso"}
    ledger.run(purchase, actor=actor, key="k1", dry_run=True, **espresso)
    real = ledger.run(purchase, actor=actor, key="k1", **espresso)
    assert not real.is_repeat
    assert balance_cents(ledger, wallet) == 75


def test_a_serialization_failure_is_tried_again_and_books_once(ledger, wallet, actor):
    failures = [_serialization_failure() for _ in range(ATTEMPTS - 1)]
    outcome = ledger.run(_failing_after(failures), actor=actor, key="k1", **ONE_EURO)
    assert (outcome.is_repeat, failures) == (False, [])
    assert balance_cents(ledger, wallet) == 200


def test_endless_contention_is_refused_and_books_nothing(ledger, actor):
    before = contents(ledger)
    failures = [_serialization_failure() for _ in range(ATTEMPTS + 1)]
    with pytest.raises(TooContended):
        ledger.run(_failing_after(failures), actor=actor, key="k1", **ONE_EURO)
    assert len(failures) == 1
    assert contents(ledger) == before


def test_an_error_that_another_attempt_cannot_cure_is_not_tried_again(ledger, actor):
    broken = IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed"))
    failures = [broken, _serialization_failure()]
    with pytest.raises(IntegrityError):
        ledger.run(_failing_after(failures), actor=actor, **ONE_EURO)
    assert len(failures) == 1


def test_a_writer_that_waits_too_long_is_told_to_come_again(ledger, actor, monkeypatch):
    monkeypatch.setattr("ledger.storage.database.BUSY_TIMEOUT_MS", 30)
    late = another_process_of(ledger)
    with ledger.database.writing() as holder:
        holder.execute(text("UPDATE account_balances SET floor_cents = floor_cents"))
        with pytest.raises(DatabaseUnreachable):
            late.run(top_up, actor=actor, key="k1", **ONE_EURO)
    assert count(ledger, "idempotency_keys") == 0
    assert not late.run(top_up, actor=actor, key="k1", **ONE_EURO).is_repeat
    late.database.close()


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_of_two_that_wait_for_each_other_one_is_tried_again_and_both_book(ledger, wallet, actor):
    open_wallet(ledger, "04FFFFFF", balance_cents=100)
    other, crossed, attempts = another_process_of(ledger), threading.Barrier(2), []

    def crossing(first, second):
        @command("tests.top_up_both", answers=WalletRecord)
        def top_up_both(tx, **arguments):
            attempts.append(first)
            top_up(tx, token_id=first, **arguments)
            if len(attempts) <= 2:
                crossed.wait(30)
            # Each holds its own balance by now and wants the other's.
            tx.execute(text("UPDATE account_balances SET floor_cents = floor_cents"))
            return wallet_by_token(tx, token_id=second)

        return top_up_both

    orders = ((TOKEN, "04FFFFFF"), ("04FFFFFF", TOKEN))
    with ThreadPoolExecutor(2) as pool:
        asked = {"actor": actor, "amount_cents": 100, "description": "Coin"}
        booked = [
            pool.submit(office.run, crossing(*order), key=order[0], **asked)
            for office, order in zip((ledger, other), orders, strict=True)
        ]
        assert [result.result().is_repeat for result in booked] == [False, False]
    other.database.close()
    assert len(attempts) == 3
    assert rows(ledger, "SELECT balance_cents FROM account_balances") == [(200,), (200,)]


def test_a_group_that_the_database_put_behind_another_is_tried_again_and_books_once(ledger, wallet, actor):
    failures = [_serialization_failure() for _ in range(ATTEMPTS - 1)]
    failing = _failing_after(failures, grouped_by="token_id", foresee=debit.foresee)
    group = [
        Request.of(asked, actor=actor, key=key, arguments=ONE_EURO)
        for asked, key in ((top_up, "k1"), (failing, "k2"))
    ]
    outcomes = ledger.runner.run_together(group)
    assert [outcome.is_repeat for outcome in outcomes] == [False, False]
    assert (failures, balance_cents(ledger, wallet)) == ([], 300)


def test_a_refused_command_of_a_group_leaves_nothing_for_the_next_one(ledger, wallet, actor):
    @command("tests.debit_and_refuse", answers=WalletRecord, grouped_by="token_id", foresee=debit.foresee)
    def debit_and_refuse(tx, **arguments):
        debit(tx, **arguments)
        raise KeyReused

    group = [
        Request.of(asked, actor=actor, key=key, arguments={**ONE_EURO, "amount_cents": cents})
        for asked, key, cents in (
            (debit, "k1", 30), (debit_and_refuse, "k2", 70), (debit, "k3", 71), (debit, "k4", 70),
        )
    ]  # fmt: skip
    first, refused, too_much, last = ledger.runner.run_together(group)
    assert (first.answer.balance_cents, last.answer.balance_cents) == (70, 0)
    assert isinstance(refused, KeyReused)
    assert too_much.details == {"balance_cents": 70}
    assert rows(ledger, "SELECT key FROM idempotency_keys ORDER BY key") == [("k1",), ("k4",)]
    assert rows(ledger, "SELECT 1 FROM audit_log WHERE command = 'tests.debit_and_refuse'") == []


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_a_group_in_any_order_holds_its_balances_in_one_order(ledger, wallet, actor):
    open_wallet(ledger, "04FFFFFF", balance_cents=100)
    label = {"amount_cents": 100, "description": "Coin"}
    group = [
        Request.of(top_up, actor=actor, key=token, arguments={"token_id": token, **label})
        for token in ("04FFFFFF", TOKEN)
    ]
    other = another_process_of(ledger)
    locked = "SELECT 1 FROM account_balances WHERE account_id = {} FOR UPDATE NOWAIT"
    first, second = (wallet_id for (wallet_id,) in rows(ledger, "SELECT account_id FROM account_balances"))
    with ThreadPoolExecutor(1) as pool, other.database.writing() as holder:
        holder.execute(text(locked.format(first)))
        came = pool.submit(ledger.runner.run_together, group)
        _wait_until(lambda: rows(ledger, "SELECT 1 FROM pg_locks WHERE NOT granted"))
        # It waits for the first of both, and has taken nothing that others may want meanwhile.
        holder.execute(text(locked.format(second)))
        holder.commit()
        assert [outcome.is_repeat for outcome in came.result()] == [False, False]
    other.database.close()


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_of_a_group_only_who_needs_what_is_locked_is_refused(ledger, wallet, actor, monkeypatch):
    monkeypatch.setattr("ledger.storage.runner.GROUP_LOCK_TIMEOUT_MS", 300)
    open_wallet(ledger, "04FFFFFF", balance_cents=100)
    asked = [("k1", "04FFFFFF"), ("k2", TOKEN), ("k3", TOKEN), ("k4", "04FFFFFF")]
    group = [
        Request.of(top_up, actor=actor, key=key, arguments=ONE_EURO | {"token_id": token})
        for key, token in asked
    ]
    with raw_connection(ledger) as holder:
        holder.execute(f"SELECT 1 FROM account_balances WHERE account_id = {wallet.account_id} FOR UPDATE")
        first, *refused, last = ledger.runner.run_together(group)
        holder.rollback()
    assert (first.answer.balance_cents, last.answer.balance_cents) == (200, 300)
    assert [type(outcome) for outcome in refused] == [DatabaseUnreachable] * 2
    assert [outcome.is_repeat for outcome in ledger.runner.run_together(group)] == [True, False, False, True]


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_where_everything_is_locked_a_group_does_not_wait_for_each_of_it(ledger, actor, monkeypatch):
    monkeypatch.setattr("ledger.storage.runner.GROUP_LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr("ledger.storage.runner.SECOND_LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr("ledger.storage.runner.MOST_LOCKED", 2)
    tokens = [f"04FF{number:02}" for number in range(4)]
    for token in tokens:
        open_wallet(ledger, token, balance_cents=100)
    group = [
        Request.of(top_up, actor=actor, key=token, arguments=ONE_EURO | {"token_id": token})
        for token in tokens
    ]
    with raw_connection(ledger) as holder:
        holder.take_write_lock()
        refused = ledger.runner.run_together(group)
        holder.rollback()
    assert {type(outcome) for outcome in refused} == {DatabaseUnreachable}
    assert len({id(outcome) for outcome in refused}) == 2


def _wait_until(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
