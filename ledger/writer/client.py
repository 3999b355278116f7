"""Runs commands by asking the writer, with the promises of storage's runner."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from ledger.foundation.actor import Actor
from ledger.storage.command import Command, Outcome, Request
from ledger.storage.runner import Runner
from ledger.writer.messages import PATIENCE_S, WORK_S, Ask, WriterLost
from ledger.writer.wire import ConnectionEnded, Inbox, packed

Answer = TypeVar("Answer")


class WriterClient:
    """The writer as this process sees it; each request has a connection to itself while it waits.

    SQLite has one writer at a time in any case, so it is asked for everything. PostgreSQL has many:
    there only what gains by sharing a transaction goes to the writer, the rest is run here by `local`.
    """

    def __init__(self, address: Path, local: Runner, *, everything: bool) -> None:
        self._address = address
        self._local = local
        self._everything = everything
        self._idle: deque[tuple[socket.socket, Inbox]] = deque()

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
        came = self._ask(Ask((request,), time.monotonic(), dry_run=dry_run))
        if isinstance(came, Exception):
            raise came
        return came

    def run_together(self, requests: Sequence[Request]) -> list[Outcome | Exception]:
        """Run requests in their order as `storage.runner.Runner.run_together` does."""
        return self._ask(Ask(tuple(requests), time.monotonic(), is_batch=True))

    def close(self) -> None:
        """Close the connections that nobody is using."""
        while self._idle:
            self._idle.pop()[0].close()

    def _ask(self, ask: Ask) -> Any:
        try:
            connection, inbox = self._idle.pop()
        except IndexError:
            connection, inbox = self._connected()
        try:
            connection.sendall(packed(ask))
            answer = inbox.wait()
        except (OSError, ConnectionEnded) as error:
            connection.close()
            # The others lead to the same writer.
            self.close()
            raise WriterLost from error
        self._idle.append((connection, inbox))
        return answer

    def _connected(self) -> tuple[socket.socket, Inbox]:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_S + WORK_S)
        try:
            connection.connect(str(self._address))
        except OSError as error:
            connection.close()
            raise WriterLost from error
        return connection, Inbox(connection)
