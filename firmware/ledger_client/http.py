"""One kept-alive HTTP/1.1 connection with bounded waits and bounded answers."""

import asyncio

from micropython import const

from system import compat

_LONGEST_HEAD = const(2048)
_LONGEST_BODY = const(8192)
_READ = const(512)
_PROBE_MS = const(1)


class HttpError(Exception):
    """No usable answer. `was_sent` tells whether the server may have got and done the request."""

    def __init__(self, reason, was_sent):
        super().__init__(reason)
        self.was_sent = was_sent


class BadAnswer(Exception):
    """The server's bytes are no HTTP answer, or larger than a device takes."""


async def close_quietly(writer):
    """Close a stream. On MicroPython close() does nothing and wait_closed() gives the socket back."""
    try:
        writer.close()
        await writer.wait_closed()
    except OSError:
        pass


class _Connection:
    """A stream pair and the bytes read ahead."""

    def __init__(self, reader, writer):
        self._reader = reader
        self._writer = writer
        self._ahead = b""

    async def is_alive(self):
        """Tell whether the kept connection may be used again: its other end has neither closed nor talked."""
        if self._ahead:
            return False
        try:
            await compat.wait_for_ms(self._reader.read(1), _PROBE_MS)
        except asyncio.TimeoutError:
            return True
        except OSError:
            return False
        return False

    def write(self, data):
        """Hand bytes to the socket; OSError when it takes none, as after a connect that failed unnoticed."""
        self._writer.write(data)

    async def drain(self):
        """Wait until all that was written is on its way."""
        await self._writer.drain()

    async def line(self, limit):
        """Read one header line without its end; BadAnswer when it is longer than the limit."""
        while b"\n" not in self._ahead:
            if len(self._ahead) > limit:
                raise BadAnswer("header too long")
            await self._more()
        line, self._ahead = self._ahead.split(b"\n", 1)
        if len(line) > limit:
            raise BadAnswer("header too long")
        return line.rstrip(b"\r")

    async def take(self, count):
        """Read exactly so many bytes."""
        while len(self._ahead) < count:
            await self._more()
        data, self._ahead = self._ahead[:count], self._ahead[count:]
        return data

    async def rest(self, limit):
        """Read up to the end of the connection; BadAnswer when that is more than the limit."""
        try:
            while len(self._ahead) <= limit:
                await self._more()
        except EOFError:
            data, self._ahead = self._ahead, b""
            return data
        raise BadAnswer("body too large")

    async def _more(self):
        data = await self._reader.read(_READ)
        if not data:
            raise EOFError("closed by the server")
        self._ahead += data

    async def close(self):
        """Close; errors of a dead connection do not matter."""
        await close_quietly(self._writer)


class HttpClient:
    """Requests to one server, one after the other, over one connection that is kept open.

    `open_stream(host, port)` returns (reader, writer) and raises OSError; a TLS one raises ValueError for a
    bad certificate. Each request ends within `timeout_ms`, with (status, body) or HttpError.
    """

    def __init__(self, address, api_token, timeout_ms, open_stream=asyncio.open_connection):
        self._host, self._port, self._prefix = address
        self._head = f"Host: {self._host}:{self._port}\r\nAccept: application/json\r\n"
        if api_token:
            self._head += f"Authorization: Bearer {api_token}\r\n"
        self._timeout_ms = timeout_ms
        self._open_stream = open_stream
        # Is told what time the server says it is.
        self.on_date = lambda date: None
        self._lock = asyncio.Lock()
        self._connection = None
        self._was_sent = False

    async def request(self, method, path, body=None):
        """Send one request and return (status, body bytes); raises HttpError."""
        async with self._lock:
            self._was_sent = False
            try:
                return await compat.wait_for_ms(self._exchange(method, path, body), self._timeout_ms)
            except asyncio.TimeoutError:
                reason = f"no answer within {self._timeout_ms} ms"
            except (OSError, EOFError, ValueError, BadAnswer) as error:
                reason = f"{type(error).__name__} {error}"
            except asyncio.CancelledError:
                await self.close()
                raise
            await self.close()
        raise HttpError(reason, self._was_sent)

    async def close(self):
        """Close the connection; the next request opens another one."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _exchange(self, method, path, body):
        if self._connection is not None and not await self._connection.is_alive():
            await self.close()
        if self._connection is None:
            self._connection = _Connection(*await self._open_stream(self._host, self._port))
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._head}"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._connection.write((head + "\r\n").encode() + (body or b""))
        # From here on the ledger may do what was asked, whatever becomes of the answer.
        self._was_sent = True
        await self._connection.drain()
        return await self._answer()

    async def _answer(self):
        status = _status(await self._connection.line(_LONGEST_HEAD))
        length, is_chunked, is_last = None, False, False
        room = _LONGEST_HEAD
        while True:
            line = await self._connection.line(room)
            if not line:
                break
            room -= len(line)
            name, value = _header(line)
            if name == "content-length":
                length = _number(value, 10)
            elif name == "transfer-encoding":
                is_chunked = "chunked" in value
            elif name == "connection":
                is_last = "close" in value
            elif name == "date":
                self.on_date(value)
        body = await self._body(length, is_chunked)
        if is_last or (length is None and not is_chunked):
            await self.close()
        return status, body

    async def _body(self, length, is_chunked):
        if not is_chunked:
            if length is None:
                return await self._connection.rest(_LONGEST_BODY)
            return await self._connection.take(length)
        body = b""
        while True:
            size = await self._connection.line(_LONGEST_HEAD)
            size = _number(size.split(b";")[0].decode(), 16)
            if len(body) + size > _LONGEST_BODY:
                raise BadAnswer("body too large")
            body += await self._connection.take(size)
            if await self._connection.line(2):
                raise BadAnswer("chunk is not closed")
            if not size:
                return body


def _status(line):
    parts = line.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1."):
        raise BadAnswer("no HTTP answer")
    status = _number(parts[1].decode(), 10)
    if not 200 <= status <= 599:
        raise BadAnswer(f"status {status}")
    return status


def _header(line):
    name, colon, value = line.partition(b":")
    if not colon:
        raise BadAnswer("no header")
    return name.decode().strip().lower(), value.decode().strip().lower()


def _number(text, base):
    number = int(text, base)
    if not 0 <= number <= _LONGEST_BODY:
        raise BadAnswer(f"{number} is out of bounds")
    return number
