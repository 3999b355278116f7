"""The network of one terminal: it can be cut, stall, lose requests or answers, lag, or answer nonsense."""

from __future__ import annotations

import json
import random
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Fate(Enum):
    """What becomes of one request."""

    DELIVER = "delivered"
    DROP_ANSWER = "answer dropped"
    DROP_REQUEST = "request dropped"
    STALL = "stalled"
    REPLACE_ANSWER = "answer replaced"


@dataclass
class Request:
    """One request that the device sent, for tests and for the log; the status is what the device heard.

    `status` is None while, or because, it heard nothing; `ledger_status` is what the ledger answered,
    None when it was never asked. `at_us`, and `heard_us` when it heard something, are the terminal's time;
    `answer` is the whole answer as it came.
    """

    method: str
    path: str
    at_us: int
    body: dict[str, Any] = field(default_factory=dict)
    fate: Fate = Fate.DELIVER
    status: int | None = None
    ledger_status: int | None = None
    heard_us: int | None = None
    answer: bytes = b""

    def __str__(self) -> str:
        heard = "nothing" if self.status is None else self.status
        return f"{self.at_us / 1e6:.3f} s {self.method} {self.path}: {self.fate.value}, heard {heard}"

    @property
    def key(self) -> str | None:
        """The idempotency key."""
        return self.body.get("idempotency_key")


@dataclass(frozen=True)
class Trouble:
    """One misfortune that waits for the next request of its method (None: of any)."""

    fate: Fate
    method: str | None = None
    answer: bytes = b""
    is_delivered: bool = False


class Network:
    """The switchboard of a terminal's network, and the log of what went over it.

    Modes last until `online()`; a misfortune with a count befalls the next requests and is over. Latency
    and loss are the line's own and stay: `loss_percent` is the share of requests that are lost on their way
    and, of those that arrive, of answers that are; `dice` decides. The device hears nothing of either.
    """

    def __init__(self, latency_ms: int = 5) -> None:
        self.latency_ms = latency_ms
        self.loss_percent = 0
        self.dice = random.Random("network")
        self.requests: list[Request] = []
        self.is_online = True
        self.is_stalled = False
        self._troubles: deque[Trouble] = deque()
        self._closers: list = []

    def online(self) -> None:
        """Make everything work again; misfortunes that have not happened yet are forgotten."""
        self.is_online, self.is_stalled = True, False
        self._troubles.clear()

    def offline(self) -> None:
        """Unplug: open connections break, new ones are refused."""
        self.is_online = False
        self.close_connections()

    def stall(self) -> None:
        """Accept connections and requests, deliver none and never answer."""
        self.is_stalled = True

    def drop_answer(self, times: int = 1, *, method: str | None = None) -> None:
        """Deliver the next requests, and let their answers be lost without a sign."""
        self._troubles.extend([Trouble(Fate.DROP_ANSWER, method)] * times)

    def drop_request(self, times: int = 1, *, method: str | None = None) -> None:
        """Lose the next requests on their way, without a sign."""
        self._troubles.extend([Trouble(Fate.DROP_REQUEST, method)] * times)

    def answer_once(
        self, status: int, body: dict | str = "", *, method: str | None = None, is_delivered: bool = False
    ) -> None:
        """Answer the next request with this status; the ledger sees it only when `is_delivered`."""
        text = body if isinstance(body, str) else json.dumps(body)
        content = text.encode()
        kind = "text/html" if isinstance(body, str) else "application/json"
        head = f"HTTP/1.1 {status} Simulated\r\nContent-Type: {kind}\r\n"
        head += f"Content-Length: {len(content)}\r\n\r\n"
        self.garbage_once(head.encode() + content, method=method, is_delivered=is_delivered)

    def garbage_once(
        self, raw: bytes = b"\x00\xffnot HTTP\r\n", *, method: str | None = None, is_delivered: bool = False
    ) -> None:
        """Answer the next request with these bytes; the ledger sees it only when `is_delivered`."""
        self._troubles.append(Trouble(Fate.REPLACE_ANSWER, method, raw, is_delivered))

    def close_connections(self) -> None:
        """Break every open connection, as a server that restarts does."""
        for close in list(self._closers):
            close()

    def count(self, method: str | None = None, path_ends: str = "") -> int:
        """Return how many requests of a method were sent to such a path."""
        return sum(
            1
            for request in self.requests
            if method in (None, request.method) and request.path.endswith(path_ends)
        )

    def register(self, close) -> None:
        """Note how to break one open connection."""
        self._closers.append(close)

    def unregister(self, close) -> None:
        """Forget a connection that is closed."""
        if close in self._closers:
            self._closers.remove(close)

    def next_trouble(self, method: str) -> Trouble:
        """Take the misfortune that befalls a request of this method; delivery when there is none."""
        if self.is_stalled:
            return Trouble(Fate.STALL)
        for trouble in self._troubles:
            if trouble.method in (None, method):
                self._troubles.remove(trouble)
                return trouble
        if self._is_lost():
            return Trouble(Fate.DROP_REQUEST)
        return Trouble(Fate.DROP_ANSWER if self._is_lost() else Fate.DELIVER)

    def _is_lost(self) -> bool:
        return self.dice.randrange(100) < self.loss_percent
