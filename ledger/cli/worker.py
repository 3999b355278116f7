"""The server's worker: an event loop that hangs up on senders who stall; and the server's log."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

from gunicorn.glogging import Logger
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn_worker import UvicornWorker

from ledger.foundation.logs import JsonFormatter
from ledger.storage.database import DatabaseUnreachable

# A request of ours is a few hundred bytes. A terminal that loses its power or its network in the middle of
# one has nothing more to say; its connection would otherwise be held for ever.
REQUEST_DEADLINE_S = 10
MAX_HEAD_BYTES = 64 * 1024
# How often a worker looks whether its master is there.
MASTER_WATCH_S = 1.0
# How long a worker that cannot start yet waits before it looks for the database again.
DATABASE_PAUSE_S = 0.5


class BoundedConnection(HttpToolsProtocol):
    """A client's connection: a request has REQUEST_DEADLINE_S to arrive, and its head is bounded.

    A head that is late ends the connection; of a body that is late the application is told (`web.front`),
    which says so. A connection on which nothing is asked is closed after the server's time for kept ones.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit: asyncio.TimerHandle | None = None
        self._is_in_head = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Give a new connection as long for its first request as a kept one has for its next."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._forget_limit()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; a head without an end is refused."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Give the request that begins its time."""
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0
        self._limit = self.loop.call_later(REQUEST_DEADLINE_S, self._end_lateness)

    def on_headers_complete(self) -> None:
        """Go on with a head that is whole."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take as long over the answer as it takes."""
        self._forget_limit()
        super().on_message_complete()

    def _end_lateness(self) -> None:
        if self._is_in_head:
            self.transport.close()
        else:
            self.app.note_late(self.scope)
            self.cycle.message_event.set()

    def _forget_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()


class LoopWorker(UvicornWorker):
    """A worker whose connections are served by one event loop: while silent, none holds a thread.

    Without its master it stops as if it had been told to: its clients would keep it, and the port, otherwise.
    """

    CONFIG_KWARGS = {
        "loop": "uvloop",
        "http": BoundedConnection,
        "ws": "none",
        "lifespan": "off",
        "interface": "asgi3",
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
    }

    def load_wsgi(self) -> None:
        """Make the application as soon as the database answers.

        gunicorn would end the whole server when a worker cannot start, and a database is away for a while.
        """
        is_said = False
        while True:
            try:
                super().load_wsgi()
                return
            except DatabaseUnreachable:
                if not is_said:
                    self.log.warning("a worker cannot start before the database answers; it waits")
                is_said = True
            self.notify()
            time.sleep(DATABASE_PAUSE_S)
            if not self.alive or self.ppid != os.getppid():
                sys.exit()

    async def _serve(self) -> None:
        watch = asyncio.create_task(self._watch_master())
        await super()._serve()
        watch.cancel()

    async def _watch_master(self) -> None:
        while self.ppid == os.getppid():
            await asyncio.sleep(MASTER_WATCH_S)
        os.kill(os.getpid(), signal.SIGTERM)


class JsonLogger(Logger):
    """gunicorn's log, which is uvicorn's too, in the form of ours."""

    def setup(self, cfg: Any) -> None:
        """Set the log up as gunicorn does, in another form."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())
