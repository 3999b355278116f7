"""Sends requests over kept-alive connections for a while and measures each of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """What a load came to: how many answers of each status, and how long they took."""

    seconds: float
    statuses: Counter
    latencies_s: list[float]

    @property
    def per_second(self) -> float:
        """Return the answers in a second."""
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """Return the time within which this share of the requests was answered."""
        ordered = sorted(self.latencies_s)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


# (connection, number) -> (path, body)
Request = Callable[[int, int], tuple[str, dict]]


def load(port: int, request: Request, *, connections: int, seconds: float, token: str = "") -> Measured:
    """Send requests over so many connections for so many seconds."""
    return asyncio.run(_load(port, request, connections, seconds, token))


async def _load(port: int, request: Request, connections: int, seconds: float, token: str) -> Measured:
    statuses: Counter = Counter()
    latencies_s: list[float] = []
    started = time.perf_counter()

    async def connection(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 0
        while time.perf_counter() - started < seconds:
            path, body = request(number, count)
            asked = time.perf_counter()
            statuses[await _ask(reader, writer, path, body, token)] += 1
            latencies_s.append(time.perf_counter() - asked)
            count += 1
        writer.close()

    await asyncio.gather(*(connection(number) for number in range(connections)))
    return Measured(time.perf_counter() - started, statuses, latencies_s)


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: dict, token: str
) -> int:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)
    answer = await reader.readuntil(b"\r\n\r\n")
    for line in answer.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return int(answer.split(b" ", 2)[1])
