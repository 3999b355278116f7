"""A network that does what networks do: drops, delays, doubles and reorders requests between two ends."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random

DROPPED_REQUEST, DROPPED_ANSWER = "dropped request", "dropped answer"
DOUBLED, DELAYED, PASSED = "doubled", "delayed", "passed"
# How likely each is; what is left over passes as it is.
CHANCES = {DROPPED_REQUEST: 0.05, DROPPED_ANSWER: 0.05, DOUBLED: 0.1, DELAYED: 0.1}
# A doubled request arrives again after up to so long: behind requests that were sent after it.
LONGEST_DELAY_S = 0.5
_BROKEN = (OSError, EOFError)


class LossyProxy:
    """Listens on loopback and passes whole HTTP requests on to `port()`, with the chances above."""

    def __init__(self, port: Callable[[], int], seed: int) -> None:
        self.fates: Counter = Counter()
        self.port = 0
        self._behind = port
        self._random = Random(seed)
        self._tasks: set[asyncio.Task] = set()

    async def serve(self, is_listening: threading.Event, stop: asyncio.Event) -> None:
        """Pass requests on until it is told to stop."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        is_listening.set()
        await stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        # It is cancelled at the end of all, and not before.
        with suppress(*_BROKEN, asyncio.CancelledError):
            while answer := await self._fate(await read_message(reader)):
                writer.write(answer)
                await writer.drain()
        writer.close()
        self._tasks.discard(asyncio.current_task())

    async def _fate(self, request: bytes) -> bytes:
        drawn = self._random.choices([*CHANCES, PASSED], [*CHANCES.values(), 1 - sum(CHANCES.values())])[0]
        self.fates[drawn] += 1
        if drawn == DROPPED_REQUEST:
            return b""
        if drawn == DELAYED:
            await self._pause()
        if drawn == DOUBLED:
            again = asyncio.create_task(self._send_later(request))
            self._tasks.add(again)
            again.add_done_callback(self._tasks.discard)
        answer = await self._exchange(request)
        return b"" if drawn == DROPPED_ANSWER else answer

    async def _send_later(self, request: bytes) -> None:
        await self._pause()
        with suppress(*_BROKEN):
            await self._exchange(request)

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.random() * LONGEST_DELAY_S)

    async def _exchange(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._behind())
        try:
            writer.write(request)
            return await read_message(reader)
        finally:
            writer.close()


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """Read one request or answer whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return head + await reader.readexactly(int(length or 0))


@contextmanager
def lossy(port: Callable[[], int], *, seed: int = 1) -> Iterator[LossyProxy]:
    """Run such a network in front of a server until the end."""
    proxy, is_listening = LossyProxy(port, seed), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(proxy.serve(is_listening, stop)))
    thread.start()
    is_listening.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
