"""The writer: many askers, one booker; each is answered for itself, and only when it is on the disk."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError

from ledger.domain.books import tables
from ledger.domain.books.errors import FloorReached
from ledger.domain.holds.commands import reserve
from ledger.domain.wallets.commands import debit, top_up
from ledger.domain.wallets.pairing import open_wallet as open_wallet_command
from ledger.domain.wallets.records import WalletRecord
from ledger.storage.command import Command, Request, command
from ledger.storage.runner import KeyReused
from ledger.writer.client import WriterClient
from ledger.writer.messages import PATIENCE_S, Ask, WriterBusy, WriterLost
from ledger.writer.wire import SocketInbox, packed
from tests.factories.ledgers import count
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, balance_cents
from tests.writer.offices import OTHER, at_work, taking


@pytest.fixture
def client(ledger, writer, listener):
    """Give what a worker asks the writer by."""
    made = WriterClient(listener.getsockname(), ledger.runner, everything=True)
    yield made
    made.close()


def test_what_was_asked_is_booked_and_a_repeat_is_told_as_one(client, ledger, actor):
    first = client.run(debit, actor=actor, key="k1", **taking(30))
    again = client.run(debit, actor=actor, key="k1", **taking(30))
    assert (first.answer.balance_cents, first.is_repeat, again.is_repeat) == (970, False, True)
    assert again.answer == first.answer
    with pytest.raises(KeyReused):
        client.run(debit, actor=actor, key="k1", **taking(31))


def test_a_refusal_comes_back_as_it_was_raised(client, actor):
    with pytest.raises(FloorReached) as refused:
        client.run(debit, actor=actor, key="k1", **taking(1001))
    assert refused.value.details == {"balance_cents": 1000}


def test_a_dry_run_keeps_nothing(client, ledger, actor):
    before = count(ledger, "postings")
    assert client.run(top_up, actor=actor, dry_run=True, **taking(30)).answer.balance_cents == 1030
    assert count(ledger, "postings") == before


def test_a_command_that_shares_with_nobody_is_run_too(client, ledger, operator):
    made = client.run(open_wallet_command, actor=operator, currency="EUR", token_id="0455")
    assert made.answer.token_id == "0455"


def test_many_at_once_share_transactions_and_each_has_its_own_answer(client, ledger, actor):
    with ThreadPoolExecutor(24) as pool:
        asked = [
            pool.submit(client.run, debit, actor=actor, key=f"k{number}", **taking(100, token))
            for number, token in enumerate([TOKEN, OTHER] * 12)
        ]
        came = [result.exception() or result.result() for result in asked]
    refused = [outcome for outcome in came if isinstance(outcome, FloorReached)]
    assert (len(came), len(refused)) == (24, 4)
    assert count(ledger, "idempotency_keys") == 20


def test_a_batch_is_run_in_its_order_and_a_broken_entry_leaves_its_neighbours(client, ledger, actor):
    amounts = [400, 700, 600, 1, 1]
    requests = [
        Request.of(debit, actor=actor, key=f"k{number}", arguments=taking(cents))
        for number, cents in enumerate(amounts)
    ]
    came = client.run_together([*requests, requests[0]])
    told = [getattr(outcome, "is_repeat", type(outcome)) for outcome in came]
    assert told == [False, FloorReached, False, FloorReached, FloorReached, True]


def test_a_hold_that_is_over_makes_room_in_a_group_as_it_does_alone(client, ledger, actor):
    ledger.run(reserve, actor=actor, **taking(300))
    ledger.clock.advance(minutes=3)
    requests = [
        Request.of(debit, actor=actor, key=f"k{number}", arguments=taking(cents))
        for number, cents in enumerate((100, 900, 1))
    ]
    first, second, refused = client.run_together(requests)
    assert (first.answer.balance_cents, second.answer.balance_cents) == (900, 0)
    assert isinstance(refused, FloorReached)


def test_a_batch_of_nothing_comes_to_nothing(client, actor):
    assert client.run_together([]) == []


def test_a_mistake_of_ours_is_told_and_the_writer_lives(client, ledger, actor, monkeypatch):
    def fail(*_anything):
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("ledger.storage.runner.expect_command_ids", fail)
        with pytest.raises(ZeroDivisionError):
            client.run(debit, actor=actor, key="k1", **taking(30))
    assert client.run(debit, actor=actor, key="k1", **taking(30)).answer.balance_cents == 970


def test_a_command_with_a_mistake_fails_alone(client, ledger, actor):
    @command("tests.mistaken", answers=WalletRecord, grouped_by="token_id")
    def mistaken(tx, **arguments):
        debit(tx, **arguments)
        raise ZeroDivisionError

    requests = [
        Request.of(asked, actor=actor, key=asked.name, arguments=taking(10)) for asked in (mistaken, debit)
    ]
    failed, booked = client.run_together(requests)
    assert isinstance(failed, ZeroDivisionError)
    assert booked.answer.balance_cents == 990


def test_what_the_database_does_not_take_fails_alone(client, ledger, actor):
    spoiled = {**taking(10), "description": "x" * 255}
    requests = [
        Request.of(asked, actor=actor, key=key, arguments=arguments)
        for key, asked, arguments in (
            ("k1", debit, taking(10)),
            ("k2", _posts_to_nowhere(), spoiled),
            ("k3", debit, taking(10, OTHER)),
        )
    ]
    first, failed, third = client.run_together(requests)
    assert (first.answer.balance_cents, third.answer.balance_cents) == (990, 990)
    assert type(failed).__name__ == "IntegrityError"


def test_what_the_driver_does_not_send_fails_alone(client, ledger, actor):
    too_large = {**taking(2**70, OTHER), "description": "More than there is"}
    requests = [
        Request.of(asked, actor=actor, key=asked.name, arguments=arguments)
        for asked, arguments in ((debit, taking(10)), (_posts_to_nowhere(), too_large))
    ]
    booked, failed = client.run_together(requests)
    assert booked.answer.balance_cents == 990
    assert type(failed).__name__ in ("OverflowError", "DataError")


def _posts_to_nowhere() -> Command:
    @command("tests.posts_to_nowhere", answers=WalletRecord, grouped_by="token_id")
    def posts_to_nowhere(tx, token_id, amount_cents, description):
        values = {"amount_cents": -amount_cents, "kind": "debit", "description": description}
        values |= {"code": tx.ids.code("txn"), "command_id": tx.command_id, "recorded_at": tx.now}
        tables.insert_posting(tx, source_id=1, destination_id=2, **values)

    return posts_to_nowhere


def test_what_cannot_be_sent_is_told_and_the_next_is_sent(client, actor):
    unsendable = Request(debit, actor, None, {"token_id": threading.Lock()}, None)
    assert isinstance(client._send(Ask((unsendable,), time.monotonic())), TypeError)
    assert client.run(debit, actor=actor, key="k1", **taking(30)).answer.balance_cents == 970


def test_what_has_waited_too_long_is_refused_and_never_begun(client, ledger, actor):
    late = Ask(
        (Request.of(debit, actor=actor, key="k1", arguments=taking(30)),), time.monotonic() - PATIENCE_S - 1
    )
    assert isinstance(client._send(late), WriterBusy)
    assert count(ledger, "idempotency_keys") == 0


@pytest.mark.parametrize(("said", "heard"), [(b"", WriterLost), (packed([(0, WriterBusy())]), WriterBusy)])
def test_a_writer_that_goes_away_is_said_to_whom_it_owes_an_answer(ledger, listener, actor, said, heard):
    client = WriterClient(listener.getsockname(), ledger.runner, everything=True)

    def say_and_end():
        connection, _ = listener.accept()
        SocketInbox(connection).wait()
        connection.sendall(said)
        connection.close()

    dying = threading.Thread(target=say_and_end)
    dying.start()
    with pytest.raises(heard):
        client.run(debit, actor=actor, key="k1", **taking(30))
    dying.join()
    # Whoever asks after that is answered by the next writer.
    with at_work(ledger, listener):
        assert not client.run(debit, actor=actor, key="k1", **taking(30)).is_repeat
        client.close()


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_only_what_gains_by_it_goes_to_the_writer_of_postgresql(ledger, operator, tmp_path):
    client = WriterClient(tmp_path / "nobody", ledger.runner, everything=False)
    made = client.run(open_wallet_command, actor=operator, currency="EUR", token_id="0455").answer
    assert balance_cents(ledger, made) == 0
    with pytest.raises(WriterLost):
        client.run(debit, actor=install(ledger).actor, key="k1", **taking(30, "0455"))


class Deadlock(sqlite3.OperationalError):
    """What a PostgreSQL driver raises for the one of two that waited for each other."""

    sqlstate = "40P01"


def test_a_group_that_met_a_deadlock_is_run_again_one_by_one(client, ledger, actor):
    met = []

    @command("tests.deadlocked_once", answers=WalletRecord, grouped_by="token_id")
    def deadlocked_once(tx, **arguments):
        answer = debit(tx, **arguments)
        if not met:
            met.append(answer)
            raise OperationalError("UPDATE", {}, Deadlock())
        return answer

    requests = [
        Request.of(asked, actor=actor, key=f"k{number}", arguments=taking(10))
        for number, asked in enumerate((debit, deadlocked_once, debit))
    ]
    came = client.run_together(requests)
    assert [outcome.answer.balance_cents for outcome in came] == [990, 980, 970]


def test_an_asker_that_does_not_read_its_answer_stops_nobody(client, ledger, listener, actor, monkeypatch):
    monkeypatch.setattr("ledger.writer.process._ANSWER_S", 0.2)
    monkeypatch.setattr("ledger.writer.process.PATIENCE_S", 60)
    monkeypatch.setattr("ledger.writer.client.WORK_S", 60)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(listener.getsockname())
        requests = tuple(
            Request.of(debit, actor=actor, key=f"d-{number}", arguments=taking(1)) for number in range(300)
        )
        deaf.sendall(packed([(0, Ask(requests, time.monotonic(), is_batch=True))]))
        assert client.run(debit, actor=actor, key="k1", **taking(1, OTHER)).answer.balance_cents == 999
