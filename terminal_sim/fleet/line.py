"""The network between a light terminal and the ledger: it measures, and it can lose what it carries."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from typing import Any

from terminal_sim.fleet.plan import BROKEN, LOST_ANSWER, LOST_REQUEST, SILENCE

# So many requests in a row are more than a device sends before it gives up.
_SILENCE = (LOST_ANSWER, *(LOST_REQUEST,) * 5)


class Line:
    """Opens connections for the firmware's HTTP client, and says how long the last answer took.

    `lose(…)` decides what becomes of the next requests; without it all are delivered.
    """

    def __init__(self, is_tls: bool) -> None:
        self._tls = ssl.create_default_context() if is_tls else None
        self._fates: deque[str] = deque()
        self._sent_s = self._heard_s = 0.0

    @property
    def latency_ms(self) -> float:
        """The time from the last request to its answer."""
        return max(0.0, self._heard_s - self._sent_s) * 1000

    def lose(self, what: str) -> None:
        """Lose LOST_REQUEST, LOST_ANSWER or the connection (BROKEN) once; with SILENCE all of a sale."""
        self._fates.extend(_SILENCE if what == SILENCE else (what,))

    def heal(self) -> None:
        """Lose nothing more."""
        self._fates.clear()

    async def open(self, host: str, port: int) -> tuple[_Incoming, _Outgoing]:
        """Connect; OSError when nobody listens there."""
        options: dict[str, Any] = {"ssl": self._tls, "server_hostname": host} if self._tls else {}
        reader, writer = await asyncio.open_connection(host, port, **options)
        way = _Way()
        return _Incoming(self, reader, way), _Outgoing(self, writer, way)

    def sent(self) -> str | None:
        """Note that a request leaves; returns what becomes of it."""
        self._sent_s = time.perf_counter()
        return self._fates.popleft() if self._fates else None

    def heard(self) -> None:
        """Note that an answer, or a further piece of it, has come."""
        self._heard_s = time.perf_counter()


class _Way:
    """What has become of one connection; nothing more comes over one that is silent."""

    is_silent = False
    is_broken = False


class _Incoming:
    """Stands for an asyncio.StreamReader."""

    def __init__(self, line: Line, reader: asyncio.StreamReader, way: _Way) -> None:
        self._line, self._reader, self._way = line, reader, way

    async def read(self, count: int) -> bytes:
        """Return some bytes as they come; none at the end."""
        if self._way.is_broken:
            raise ConnectionResetError("lost on the way")
        if self._way.is_silent:
            await asyncio.get_running_loop().create_future()
        data = await self._reader.read(count)
        self._line.heard()
        return data


class _Outgoing:
    """Stands for an asyncio.StreamWriter; each write is one request."""

    def __init__(self, line: Line, writer: asyncio.StreamWriter, way: _Way) -> None:
        self._line, self._writer, self._way = line, writer, way

    def write(self, data: bytes) -> None:
        """Send a request, or lose it."""
        fate = self._line.sent()
        if fate != LOST_REQUEST:
            self._writer.write(data)
        self._way.is_silent = fate in (LOST_REQUEST, LOST_ANSWER)
        self._way.is_broken = fate == BROKEN

    async def drain(self) -> None:
        """Wait until what was written is on its way."""
        await self._writer.drain()

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def wait_closed(self) -> None:
        """Wait until it is closed."""
        await self._writer.wait_closed()
