"""Customers who tap without a pause, each over a kept-alive connection, and keep every receipt."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random

from benchmarks.faults.receipts import ACCEPTED, CREATED, UNAVAILABLE, Receipt
from benchmarks.faults.shop import Shop

CONNECTIONS = 16
ANSWER_TIMEOUT_S = 20
PAUSE_S = 0.05
# What is not settled by then never will be.
SETTLE_TIMEOUT_S = 90
_BROKEN = (OSError, EOFError, asyncio.TimeoutError, ValueError)


class Customers:
    """Debits under way, from `start` to `stop`; `port` tells where the server listens at this moment.

    A request that was not answered, or was answered 503, is sent again with its key until it is settled,
    as a device does.
    """

    def __init__(
        self, shop: Shop, port: Callable[[], int], *, connections: int = CONNECTIONS, seed: int = 0
    ) -> None:
        self.receipts: list[Receipt] = []
        self.statuses: Counter = Counter()
        # In which words a request was answered 503.
        self.refusals: set[str] = set()
        self._shop = shop
        self._port = port
        self._connections = connections
        self._random = Random(seed)
        self._numbers = itertools.count()
        self._stopping_at: float | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))

    def __enter__(self) -> Customers:
        """Start tapping."""
        self._thread.start()
        return self

    def __exit__(self, failure: type[BaseException] | None, *_details: object) -> None:
        """Begin nothing new, settle what was begun, and go home; after a failure, at once."""
        self._stopping_at = time.monotonic() - (SETTLE_TIMEOUT_S if failure else 0)
        self._thread.join()

    @property
    def settled(self) -> int:
        """Return how many debits have been settled so far."""
        return self.statuses[CREATED] + self.statuses[ACCEPTED]

    def wait_for(self, more: int, timeout_s: float = SETTLE_TIMEOUT_S) -> None:
        """Wait until so many more debits were settled; raises TimeoutError when they are not."""
        self._wait(lambda: self.settled, more, timeout_s)

    def wait_for_refusals(self, more: int) -> None:
        """Wait until so many more requests were answered 503; raises TimeoutError when they are not."""
        self._wait(lambda: self.statuses[UNAVAILABLE], more, SETTLE_TIMEOUT_S)

    def _wait(self, count: Callable[[], int], more: int, timeout_s: float) -> None:
        enough, deadline = count() + more, time.monotonic() + timeout_s
        while count() < enough:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{count()} of {enough} after {timeout_s:.0f} s: {dict(self.statuses)}")
            time.sleep(0.01)

    async def _all(self) -> None:
        await asyncio.gather(*(self._customer() for _ in range(self._connections)))

    async def _customer(self) -> None:
        line = _Line(self._port, self._shop.api_token)
        tokens = list(self._shop.wallets)
        while self._stopping_at is None:
            number = next(self._numbers)
            receipt = Receipt(f"tap-{number}", self._random.choice(tokens), self._random.randint(1, 9))
            self.receipts.append(receipt)
            await self._settle(line, receipt)
        line.hang_up()

    async def _settle(self, line: _Line, receipt: Receipt) -> None:
        while not self._has_given_up():
            status, body = await line.debit(receipt)
            receipt.told.append(status)
            self.statuses[status] += 1
            if status == CREATED:
                receipt.balance_cents = body["data"]["balance"]
            if status == UNAVAILABLE:
                self.refusals.add(body["message"])
            if status not in (None, 500, UNAVAILABLE):
                return
            await asyncio.sleep(PAUSE_S)

    def _has_given_up(self) -> bool:
        return self._stopping_at is not None and time.monotonic() > self._stopping_at + SETTLE_TIMEOUT_S


class _Line:
    """One kept-alive connection; it is opened again after every failure."""

    def __init__(self, port: Callable[[], int], api_token: str) -> None:
        self._port = port
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {api_token}\r\nContent-Type: application/json"
        self._writer: asyncio.StreamWriter | None = None

    async def debit(self, receipt: Receipt) -> tuple[int | None, dict]:
        """Ask for a debit once; returns the answer's status (None: there was none) and body."""
        body = {"amount": -receipt.amount_cents, "description": receipt.key, "idempotency_key": receipt.key}
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self._ask(f"/pos/wallets/token/{receipt.token_id}/transactions", body)
        except _BROKEN:
            self.hang_up()
            return None, {}

    def hang_up(self) -> None:
        """Close the connection."""
        if self._writer:
            with suppress(OSError):
                self._writer.close()
        self._writer = None

    async def _ask(self, path: str, body: dict) -> tuple[int, dict]:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port())
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\n{self._head}\r\nContent-Length: {len(content)}\r\n\r\n"
        self._writer.write(head.encode() + content)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.split(b"content-length:")[1].split(b"\r\n")[0])
        said = await self._reader.readexactly(length)
        if b"connection: close" in answer:
            self.hang_up()
        return int(answer.split(b" ", 2)[1]), json.loads(said)
