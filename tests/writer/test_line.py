"""The line on which an event loop asks the writer: everybody is answered, or told that they were not."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import ExitStack

import pytest

from ledger.domain.books.errors import FloorReached
from ledger.domain.wallets.commands import debit
from ledger.storage.command import Request
from ledger.writer.line import WriterLine
from ledger.writer.messages import WriterBusy, WriterLost
from ledger.writer.wire import SocketInbox, packed
from tests.factories.ledgers import count
from tests.factories.wallets import TOKEN
from tests.writer.offices import OTHER, at_work, taking


def asking(actor, key, cents, token=TOKEN):
    return Request.of(debit, actor=actor, key=key, arguments=taking(cents, token))


def run(line: WriterLine, asked: Coroutine) -> list:
    """Run what asks on a loop of its own, and hang up."""

    async def ask_and_hang_up() -> list:
        try:
            return await asked
        finally:
            line.close()
            await asyncio.sleep(0)

    return asyncio.run(ask_and_hang_up())


async def told(line: WriterLine, *requests: Request) -> list:
    """Ask for all of them at once and return what each was told."""
    return await asyncio.gather(*map(line.run, requests), return_exceptions=True)


@pytest.fixture
def line(listener) -> WriterLine:
    """Give a line to the writer that listens."""
    return WriterLine(listener.getsockname())


def test_many_at_once_each_hear_what_became_of_their_own(writer, line, ledger, actor):
    requests = [asking(actor, f"k{number}", 100, token) for number, token in enumerate([TOKEN, OTHER] * 12)]
    came = run(line, told(line, *requests))
    refused = [outcome for outcome in came if isinstance(outcome, FloorReached)]
    assert (len(came), len(refused)) == (24, 4)
    assert sorted(outcome.answer.balance_cents for outcome in came if outcome not in refused) == sorted(
        [100 * number for number in range(10)] * 2
    )
    assert count(ledger, "idempotency_keys") == 20


def test_who_asks_while_others_wait_is_answered_too(writer, line, actor):
    async def ask_in_turns() -> list:
        first = asyncio.create_task(line.run(asking(actor, "k1", 1)))
        await asyncio.sleep(0)
        second = asyncio.create_task(line.run(asking(actor, "k2", 1)))
        return [(await first).answer.balance_cents, (await second).answer.balance_cents]

    assert run(line, ask_in_turns()) == [999, 998]


def test_nobody_at_the_other_end_is_said_at_once(writer, line, listener, actor):
    async def ask_before_and_after() -> list:
        nobody = WriterLine(f"{listener.getsockname()}-nobody")
        return [*await told(nobody, asking(actor, "k1", 1)), *await told(line, asking(actor, "k1", 1))]

    lost, booked = run(line, ask_before_and_after())
    assert isinstance(lost, WriterLost)
    assert booked.answer.balance_cents == 999


@pytest.mark.parametrize(("said", "heard"), [(b"", WriterLost), (packed([(0, WriterBusy())]), WriterBusy)])
def test_a_writer_that_goes_away_is_said_to_whom_it_owes_an_answer(
    line, listener, ledger, actor, said, heard
):
    def say_and_end():
        connection, _ = listener.accept()
        SocketInbox(connection).wait()
        connection.sendall(said)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    async def ask_two_writers() -> list:
        dying = threading.Thread(target=say_and_end)
        dying.start()
        first = await told(line, asking(actor, "k1", 30), asking(actor, "k2", 30))
        dying.join()
        # Whoever asks after that is answered by the next writer, on the same loop.
        office.enter_context(at_work(ledger, listener))
        return [*first, *await told(line, asking(actor, "k1", 30), asking(actor, "k2", 30))]

    with ExitStack() as office:
        first, second, *after = run(line, ask_two_writers())
    assert isinstance(first, heard)
    assert isinstance(second, WriterLost)
    assert [outcome.is_repeat for outcome in after] == [False, False]


def test_a_line_that_is_lost_as_it_is_made_is_made_again(writer, line, actor, monkeypatch):
    connect, losses = asyncio.SelectorEventLoop.create_unix_connection, iter([True])

    async def connect_and_lose(loop, *where):
        made = await connect(loop, *where)
        if next(losses, False):
            made[0].abort()
            await asyncio.sleep(0.01)
        return made

    monkeypatch.setattr(asyncio.SelectorEventLoop, "create_unix_connection", connect_and_lose)
    monkeypatch.setattr("ledger.writer.line.WORK_S", 0.0)
    monkeypatch.setattr("ledger.writer.line.PATIENCE_S", 1.0)

    async def ask() -> list:
        async with asyncio.timeout(10):
            return await told(line, asking(actor, "k1", 1))

    (booked,) = run(line, ask())
    assert booked.answer.balance_cents == 999


def test_a_writer_that_never_answers_is_given_up(line, listener, actor, monkeypatch):
    monkeypatch.setattr("ledger.writer.line.WORK_S", 0.0)
    monkeypatch.setattr("ledger.writer.line.PATIENCE_S", 0.2)
    monkeypatch.setattr("ledger.writer.line._WATCH_S", 0.05)
    (lost,) = run(line, told(line, asking(actor, "k1", 1)))
    assert isinstance(lost, WriterLost)


def test_what_cannot_travel_is_told_and_the_others_are_booked(writer, line, actor):
    async def ask_for_too_much() -> list:
        unsendable = Request.of(debit, actor=actor, key=None, arguments=taking(1) | {"tag": lambda: None})
        return [*await told(line, unsendable), *await told(line, asking(actor, "k1", 1))]

    failed, booked = run(line, ask_for_too_much())
    assert isinstance(failed, Exception)
    assert booked.answer.balance_cents == 999


def test_who_no_longer_waits_disturbs_nobody(writer, line, actor):
    async def leave() -> list:
        leaving = asyncio.create_task(line.run(asking(actor, "k1", 1)))
        await asyncio.sleep(0)
        leaving.cancel()
        return await told(line, asking(actor, "k2", 1))

    (booked,) = run(line, leave())
    assert booked.answer.balance_cents in (998, 999)
