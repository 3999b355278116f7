"""The writer as an event loop asks it: no thread waits for an answer."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ledger.storage.command import Outcome, Request
from ledger.writer.messages import PATIENCE_S, WORK_S, Ask, WriterLost
from ledger.writer.wire import Inbox, packed

# How often it is looked whether an answer takes longer than it may.
_WATCH_S = 1.0


class _Question(NamedTuple):
    ask: Ask
    answer: asyncio.Future


class WriterLine(asyncio.Protocol):
    """One connection to the writer, for the loop that asks; what comes in one turn of it goes in one message.

    Nobody waits here for what others have asked before: all that has come while the writer books one group
    is there for the next. A line that was lost is opened again for whoever asks then.
    """

    def __init__(self, address: Path) -> None:
        self._address = address
        self._numbers = itertools.count()
        self._waiting: dict[int, _Question] = {}
        self._asked: dict[int, _Question] = {}
        self._inbox = Inbox()
        self._transport: asyncio.Transport | None = None
        self._going: asyncio.Handle | asyncio.Task | None = None
        self._watch: asyncio.TimerHandle | None = None

    async def run(self, request: Request) -> Outcome:
        """Run a command as `storage.runner.Runner.run` does; refuses also with WriterBusy and WriterLost."""
        loop = asyncio.get_running_loop()
        question = _Question(Ask((request,), time.monotonic()), loop.create_future())
        self._waiting[next(self._numbers)] = question
        if self._going is None:
            self._going = loop.call_soon(self._go)
        return await question.answer

    def close(self) -> None:
        """Hang up; nobody may be asking."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to ask here, and to look whether answers come."""
        self._transport = transport
        self._look()

    def data_received(self, data: bytes) -> None:
        """Settle what is answered."""
        self._inbox.add(data)
        while (answers := self._inbox.take()) is not None:
            for number, answer in answers:
                _settle(self._asked.pop(number), answer)

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell those who had asked that they have to ask again."""
        self._transport, self._inbox = None, Inbox()
        self._watch.cancel()
        lost, self._asked = self._asked, {}
        _lose(lost.values())

    def _go(self) -> None:
        if self._transport is None:
            self._going = asyncio.get_running_loop().create_task(self._connect())
            return
        self._going = None
        asked, self._waiting = self._waiting, {}
        try:
            message = packed([(number, question.ask) for number, question in asked.items()])
        except Exception as error:
            # What cannot travel is a mistake of ours: those who asked hear of it, and nobody waits for ever.
            for question in asked.values():
                _settle(question, error)
            return
        self._asked |= asked
        self._transport.write(message)

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: self, str(self._address))
        except OSError:
            self._going = None
            lost, self._waiting = self._waiting, {}
            _lose(lost.values())
        else:
            # It may have been lost again by now.
            self._go()

    def _look(self) -> None:
        oldest = next(iter(self._asked.values()), None)
        if oldest is not None and time.monotonic() - oldest.ask.asked_at_s > PATIENCE_S + WORK_S:
            self._transport.abort()
        self._watch = asyncio.get_running_loop().call_later(_WATCH_S, self._look)


def _settle(question: _Question, answer: Any) -> None:
    if question.answer.done():
        return
    if isinstance(answer, Exception):
        question.answer.set_exception(answer)
    else:
        question.answer.set_result(answer)


def _lose(questions: Iterable[_Question]) -> None:
    for question in questions:
        _settle(question, WriterLost())
