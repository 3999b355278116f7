"""The server's worker: a gunicorn thread worker that hangs up on senders who stall."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# A request of ours is a few hundred bytes. A terminal that loses its power or its network in the middle of
# one would otherwise hold a thread for ever, and a handful of them the whole ledger.
REQUEST_DEADLINE_S = 10


class BoundedThreadWorker(ThreadWorker):
    """Gives each request REQUEST_DEADLINE_S to arrive; then its connection reads as ended.

    What has not arrived whole is not booked. An answer that is being made is still sent.
    """

    def init_process(self) -> None:
        """Start with no request under way."""
        self._begun_at: dict[Any, float] = {}
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Handle a request, and remember since when."""
        self._begun_at[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._begun_at.pop(conn, None)

    def murder_pending(self) -> None:
        """Close what has waited for too long; the worker's loop calls this every second at least."""
        super().murder_pending()
        too_old = time.monotonic() - REQUEST_DEADLINE_S
        for conn, begun_at in list(self._begun_at.items()):
            if begun_at < too_old:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)
