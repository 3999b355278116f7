"""asyncio's streams over the host's TCP: connections that awake the task which waits for them."""

from asyncio import core
from binascii import hexlify, unhexlify

import _host

_CONNECTING = 0
_EAGAIN = 11
_ENOTCONN = 107
_waiting = {}


def _on_wake(number):
    waiter = _waiting.get(number)
    if waiter is not None:
        waiter.set()


_host.on_wake(_on_wake)


class _Waiter:
    """One task that waits until the world has news of one connection."""

    def __init__(self):
        self._task = None

    def set(self):
        if self._task is not None:
            core._task_queue.push(self._task)
            self._task = None

    def remove(self, task):
        self._task = None

    def wait(self):
        self._task = core.cur_task
        core.cur_task.data = self
        yield


def _checked(answer):
    if isinstance(answer, int) and answer < 0:
        raise OSError(-answer)
    return answer


class Stream:
    """Reader and writer of one connection, as asyncio has them."""

    def __init__(self, number):
        self._number = number
        self._rest = b""
        self._outgoing = []
        _waiting[number] = _Waiter()

    async def _opened(self):
        while True:
            state = _checked(_host.tcp_state(self._number))
            if state != _CONNECTING:
                return
            await _waiting[self._number].wait()

    async def _more(self, count):
        while True:
            if self._number < 0:
                raise OSError(_ENOTCONN)
            answer = _host.tcp_receive(self._number, count)
            if answer != -_EAGAIN:
                return unhexlify(_checked(answer))
            await _waiting[self._number].wait()

    async def read(self, count=-1):
        """Read up to count bytes, or everything up to the end; b"" at the end."""
        if self._rest:
            data, self._rest = (self._rest, b"") if count < 0 else (self._rest[:count], self._rest[count:])
            if count >= 0:
                return data
        else:
            data = b""
        if count >= 0:
            return await self._more(count)
        while True:
            part = await self._more(1024)
            if not part:
                return data
            data += part

    async def readinto(self, buffer):
        """Read into the buffer and return the number of bytes."""
        data = await self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    async def readexactly(self, count):
        """Read exactly that many bytes, or raise EOFError."""
        data = b""
        while len(data) < count:
            part = await self.read(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    async def readline(self):
        """Read up to and with the next line feed; what there is at the end."""
        while True:
            end = self._rest.find(b"\n") + 1
            part = b"" if end else await self._more(512)
            if end or not part:
                end = end or len(self._rest)
                line, self._rest = self._rest[:end], self._rest[end:]
                return line
            self._rest += part

    def write(self, data):
        """Queue bytes; drain() sends them."""
        self._outgoing.append(bytes(data))

    async def drain(self):
        """Send what was queued."""
        data, self._outgoing = b"".join(self._outgoing), []
        if self._number < 0:
            raise OSError(_ENOTCONN)
        if data:
            _checked(_host.tcp_send(self._number, hexlify(data).decode()))
        await core.sleep_ms(0)

    def get_extra_info(self, name):
        """Nothing more is known of the other side."""

    def close(self):
        """Close both directions."""
        if self._number >= 0:
            number, self._number = self._number, -1
            _waiting.pop(number, None)
            _host.tcp_close(number)

    async def wait_closed(self):
        """Close, and return when that is done."""
        self.close()

    async def aclose(self):
        """Close, and return when that is done."""
        self.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()


async def open_connection(host, port, ssl=None, server_hostname=None):
    """Connect and return (reader, writer); OSError when it is refused."""
    if ssl:
        raise OSError("the simulator has no TLS: give the ledger's address as http://")
    stream = Stream(_checked(_host.tcp_open(host, port)))
    try:
        await stream._opened()
    except BaseException:
        stream.close()
        raise
    return stream, stream
