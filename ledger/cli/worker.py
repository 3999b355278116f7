"""The server's worker: an event loop that hangs up on senders who stall; and the server's log."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

import httptools
from gunicorn.glogging import Logger
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn_worker import UvicornWorker

from ledger.foundation.logs import JsonFormatter
from ledger.storage.database import DatabaseUnreachable

# A request of ours is a few hundred bytes. A terminal that loses its power or its network in the middle of
# one has nothing more to say; its connection would otherwise be held for ever.
REQUEST_DEADLINE_S = 10
# Who has read nothing of its answer for so long reads no more of it.
ANSWER_DEADLINE_S = 10
MAX_HEAD_BYTES = 64 * 1024
# How often a worker looks whether its master is there.
MASTER_WATCH_S = 1.0
# How long a worker that cannot start yet waits before it looks for the database again.
DATABASE_PAUSE_S = 0.5


class BoundedConnection(HttpToolsProtocol):
    """A client's connection: a request has REQUEST_DEADLINE_S to arrive, and its head is bounded.

    A head that is late ends the connection; of a body that is late the application is told (`web.front`),
    which says so. A client that does not take its answer is hung up on after ANSWER_DEADLINE_S. A connection
    on which nothing is asked is closed after the server's time for kept ones.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit: asyncio.TimerHandle | None = None
        self._untaken: asyncio.TimerHandle | None = None
        self._answered: RequestResponseCycle | None = None
        self._is_in_head = False
        self._head_bytes = 0
        # Whether nothing more is heard on this connection, and whether the server is stopping.
        self._is_deaf = self._is_stopping = False
        # The head of a request that offers another protocol, without the offer.
        self._declined = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Give a new connection as long for its first request as a kept one has for its next."""
        super().connection_made(transport)
        # An answer is taken when nothing of it is left to send.
        transport.set_write_buffer_limits(low=0)
        self._wait_for_next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines."""
        self._forget_limit()
        self._forget_untaken()
        if self._answered is not None:
            # Not only of the request that came last: there may be one before it whose turn it is.
            self._answered.disconnected = True
        super().connection_lost(exc)

    def eof_received(self) -> bool:
        """Answer what was asked by a client that says nothing more, and hang up then."""
        is_owed = self._is_answering() and not self.cycle.more_body
        if is_owed:
            self.cycle.keep_alive = False
        return is_owed

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; a head without an end is refused."""
        self._unset_keepalive_if_required()
        self._head_bytes += len(data)
        self._parse(data)
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")
        if self._limit is None and not self._is_answering() and not self.transport.is_closing():
            self._wait_for_next()

    def on_message_begin(self) -> None:
        """Give the request that begins its time."""
        super().on_message_begin()
        self._is_in_head, self._declined = True, b""
        self._forget_limit()
        self._limit = self.loop.call_later(REQUEST_DEADLINE_S, self._end_lateness)

    def on_headers_complete(self) -> None:
        """Go on with a head that is whole."""
        self._is_in_head = False
        if self.parser.should_upgrade():
            self._declined = self._head_without_offer()
            return
        super().on_headers_complete()
        if self._is_stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Take as long over the answer as it takes."""
        self._forget_limit()
        # What has come behind it, in the same piece, is not counted for the next head.
        self._head_bytes = 0
        if not self._declined:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, and hang up; what was asked before it gets its own answer instead."""
        self._is_deaf = True
        if not self._is_answering():
            super().send_400_response(msg)
        elif self.cycle.more_body:
            self._end_lateness()
        super().shutdown()

    def shutdown(self) -> None:
        """Stop when what has begun is answered."""
        self._is_stopping = True
        if self._is_answering() or not self._is_in_head:
            super().shutdown()

    def pause_writing(self) -> None:
        """Give the client its time to take what has been answered."""
        super().pause_writing()
        self._untaken = self.loop.call_later(ANSWER_DEADLINE_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on, for it has been taken."""
        self._forget_untaken()
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _parse(self, data: bytes) -> None:
        while data and not self._is_deaf:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as offer:
                # The parser takes the offer for accepted, and what follows for another protocol: the body of
                # such a request would be lost, or be taken for a request. So it begins again without it.
                data = self._declined + data[offer.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            except httptools.HttpParserError:
                self.logger.warning("Invalid HTTP request received.")
                self.send_400_response("Invalid HTTP request received.")

    def _head_without_offer(self) -> bytes:
        if self.parser.get_method() == b"CONNECT":
            raise ValueError("CONNECT")
        kept = b"".join(b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        version = self.parser.get_http_version().encode()
        return b"%b %b HTTP/%b\r\n%b\r\n" % (self.parser.get_method(), self.url, version, kept)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _end_lateness(self) -> None:
        if self._is_in_head:
            self._is_deaf = True
            super().shutdown()
        else:
            self._forget_limit()
            self.app.note_late(self.scope)
            self.cycle.message_event.set()
            # Who goes on sending comes to hear the refusal, and has as long again.
            self._limit = self.loop.call_later(REQUEST_DEADLINE_S, super().shutdown)

    def _wait_for_next(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _forget_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _forget_untaken(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()
            self._untaken = None


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

    def _install_sigquit_handler(self) -> None:
        # What a master says that was interrupted. Nobody would hear of it otherwise, and the worker be killed
        # in the middle of its answers when the time for a stop is over.
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGQUIT, os.kill, os.getpid(), signal.SIGTERM)

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
