"""The server's worker: hangs up on senders who stall, and waits for its database; and the server's log."""

from __future__ import annotations

import os
import re
import select
import socket
import sys
import time
from contextlib import suppress
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from ledger.foundation.logs import JsonFormatter
from ledger.storage.database import DatabaseUnreachable

# A request of ours is a few hundred bytes. A terminal that loses its power or its network in the middle of
# one would otherwise hold a thread for ever, and a handful of them the whole ledger.
REQUEST_DEADLINE_S = 10
# For how long a thread waits for the next request on the connection that it has just answered.
LINGER_MS = 20
_UNREADABLE = re.compile(r"(Invalid request from ip=\S+): .*", re.DOTALL)
# How long a worker that cannot start yet waits before it looks for the database again.
DATABASE_PAUSE_S = 0.5


class HeardSocket(socket.socket):
    """A client's connection that tells whether somebody waits for more of its request at this moment."""

    is_awaited = False

    def recv(self, *args: Any) -> bytes:
        """Receive as any socket does."""
        self.is_awaited = True
        try:
            return super().recv(*args)
        finally:
            self.is_awaited = False


class BoundedThreadWorker(ThreadWorker):
    """Gives each request REQUEST_DEADLINE_S to arrive; then its connection reads as ended.

    What has not arrived whole is not booked. A request that has arrived takes as long as it takes, and its
    connection is kept for the next one.
    """

    def init_process(self) -> None:
        """Start with no request under way."""
        self._begun_at: dict[Any, float] = {}
        super().init_process()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections or not; a worker that stops closes its sockets at once.

        gunicorn leaves them open until the last answer: who connects meanwhile would wait in vain.
        """
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                listener.close()

    def is_parent_alive(self) -> bool:
        """Say whether the master is there; without it this worker stops as if it had been told to.

        gunicorn goes on with the connections that it has: their clients would keep it, and the port, for as
        long as a stop may take.
        """
        lives = super().is_parent_alive()
        self.alive = self.alive and lives
        return lives

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

    def handle(self, conn: Any) -> Any:
        """Handle a request, and remember since when."""
        if not isinstance(conn.sock, HeardSocket):
            conn.sock = HeardSocket(fileno=conn.sock.detach())
        while True:
            self._begun_at[conn] = time.monotonic()
            try:
                came = super().handle(conn)
            finally:
                self._begun_at.pop(conn, None)
            if came is not True or not self._is_asked_again(conn):
                return came

    def _is_asked_again(self, conn: Any) -> bool:
        """Wait a moment for the next request, where no other connection waits for this thread.

        A device that settles its journal asks again at once: to hand its connection back to the worker's
        loop, and to be handed it again, costs as much as an answer.
        """
        if not self.alive or self.nr_conns > self.cfg.threads or conn.parser.unreader.buf.getvalue():
            return False
        waiting = select.poll()
        waiting.register(conn.sock, select.POLLIN)
        return bool(waiting.poll(LINGER_MS))

    def murder_pending(self) -> None:
        """Close what has waited for too long; the worker's loop calls this every second at least."""
        super().murder_pending()
        too_old = time.monotonic() - REQUEST_DEADLINE_S
        for conn, begun_at in list(self._begun_at.items()):
            if begun_at < too_old and conn.sock.is_awaited:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)
        if not self.alive:
            self._hang_up_on_the_silent()

    def _hang_up_on_the_silent(self) -> None:
        # Who has connected and not said anything has nothing under way that a stop should wait for.
        for conn in self.pending_conns:
            conn.timeout = 0.0
        super().murder_pending()


class JsonLogger(Logger):
    """gunicorn's log in the form of ours, without what a request held: that may be a token."""

    def setup(self, cfg: Any) -> None:
        """Set the log up as gunicorn does, in another form."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log a warning; of a request that could not be read, only whom it came from."""
        super().warning(_UNREADABLE.sub(r"\1", msg), *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log a failure; gunicorn would name the path, which names a token."""
        if msg.startswith("Error handling request"):
            msg, args = "Error handling a request", ()
        super().exception(msg, *args, **kwargs)
