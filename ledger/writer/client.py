"""Runs commands by asking the writer, with the promises of storage's runner."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from ledger.foundation.actor import Actor
from ledger.storage.command import Command, Outcome, Request
from ledger.storage.runner import Runner
from ledger.writer.messages import PATIENCE_S, WORK_S, Ask, WriterLost
from ledger.writer.wire import ConnectionEnded, SocketInbox, packed

Answer = TypeVar("Answer")
_MOST_AT_ONCE = 64


class WriterClient:
    """The writer as this process sees it; what is asked at the same moment goes there in one message.

    SQLite has one writer at a time in any case, so it is asked for everything. PostgreSQL has many:
    there only what gains by sharing a transaction goes to the writer, the rest is run here by `local`.
    """

    def __init__(self, address: Path, local: Runner, *, everything: bool) -> None:
        self._address = address
        self._local = local
        self._everything = everything
        self._letters: SimpleQueue[_Letter | None] = SimpleQueue()
        self._messenger: threading.Thread | None = None
        self._starting = threading.Lock()

    def run(
        self,
        command: Command[Answer],
        *,
        actor: Actor,
        key: str | None = None,
        dry_run: bool = False,
        **arguments: Any,
    ) -> Outcome[Answer]:
        """Run a command as `storage.runner.Runner.run` does; refuses also with WriterBusy and WriterLost."""
        request = Request.of(command, actor=actor, key=key, arguments=arguments)
        if not self._everything and (dry_run or command.grouped_by is None):
            return self._local.run_alone(request, dry_run=dry_run)
        came = self._send(Ask((request,), time.monotonic(), dry_run=dry_run))
        if isinstance(came, Exception):
            raise came
        return came

    def run_together(self, requests: Sequence[Request]) -> list[Outcome | Exception]:
        """Run requests in their order as `storage.runner.Runner.run_together` does."""
        # It takes the writer long enough to be worth a connection: nobody waits behind it.
        letter = _Letter(Ask(tuple(requests), time.monotonic(), is_batch=True))
        connection = _Connection(self._address)
        connection.deliver([letter])
        connection.close()
        if isinstance(letter.answer, Exception):
            raise letter.answer
        return letter.answer

    def close(self) -> None:
        """Let the messenger go; nobody may be asking."""
        with self._starting:
            if self._messenger is not None:
                self._letters.put(None)
                self._messenger.join()
                self._messenger = None

    def _send(self, ask: Ask) -> Any:
        if self._messenger is None:
            self._start()
        letter = _Letter(ask)
        self._letters.put(letter)
        return letter.wait()

    def _start(self) -> None:
        # With the first request: a process that is forked later would have the thread's locks without it.
        with self._starting:
            if self._messenger is None:
                self._messenger = threading.Thread(target=self._go, daemon=True)
                self._messenger.start()

    def _go(self) -> None:
        connection = _Connection(self._address)
        while (letters := self._collected()) is not None:
            connection.deliver(letters)
        connection.close()

    def _collected(self) -> list[_Letter] | None:
        """Wait for a letter, and take along those that lie there by then; None when it is time to end."""
        letters = [self._letters.get()]
        with suppress(Empty):
            while len(letters) < _MOST_AT_ONCE:
                letters.append(self._letters.get_nowait())
        # Whoever asks us to end says so as the last.
        return None if None in letters else letters


class _Letter:
    """One question to the writer, and the thread that waits for its answer."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.answer: Any = None
        self.is_answered = False
        self._waits = threading.Lock()
        self._waits.acquire()

    def settle(self, answer: Any) -> None:
        """Let the thread go on."""
        self.answer, self.is_answered = answer, True
        self._waits.release()

    def wait(self) -> Any:
        """Return the answer; WriterLost when there is none after all the time that the writer may take."""
        if self._waits.acquire(timeout=PATIENCE_S + WORK_S):
            return self.answer
        return WriterLost()


class _Connection:
    """A connection to the writer; made when it is needed, and again after it was lost."""

    def __init__(self, address: Path) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self._inbox: SocketInbox | None = None
        self._unasked: select.poll | None = None

    def deliver(self, letters: list[_Letter]) -> None:
        """Take letters to the writer, and settle each as its answer comes; with WriterLost if none does."""
        try:
            self._exchange(letters)
        except Exception as error:
            self.close()
            is_lost = isinstance(error, (OSError, ConnectionEnded))
            for letter in letters:
                if not letter.is_answered:
                    letter.settle(WriterLost() if is_lost else error)

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, letters: list[_Letter]) -> None:
        if self._socket is not None and self._unasked.poll(0):
            # It says nothing unasked: it has ended since, and these letters have missed nothing by that.
            self.close()
        if self._socket is None:
            self._connect()
        self._socket.sendall(packed([(number, letter.ask) for number, letter in enumerate(letters)]))
        left = len(letters)
        while left:
            for number, answer in self._inbox.wait():
                letters[number].settle(answer)
                left -= 1

    def _connect(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_S + WORK_S)
        self._inbox = SocketInbox(self._socket)
        self._unasked = select.poll()
        self._unasked.register(self._socket, select.POLLIN)
        self._socket.connect(str(self._address))
