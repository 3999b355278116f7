"""The `socket` module of the device: blocking TCP sockets over the host's connections."""

from binascii import hexlify, unhexlify
from time import ticks_diff, ticks_ms

import _host

AF_INET = 2
SOCK_STREAM = 1
IPPROTO_TCP = 6
SOL_SOCKET = 1
SO_REUSEADDR = 2
_EAGAIN = 11
_ETIMEDOUT = 110
_ENOTCONN = 107
_CONNECTING = 0


def getaddrinfo(host, port, *_):
    """Return the one address of a name; the host resolves it when connecting."""
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


def _checked(answer):
    if isinstance(answer, int) and answer < 0:
        raise OSError(-answer)
    return answer


class socket:  # noqa: N801
    """A TCP client; every wait ends at the timeout with ETIMEDOUT, or never without one."""

    def __init__(self, family=AF_INET, kind=SOCK_STREAM, protocol=0):
        self._number = -1
        self._timeout_ms = -1

    def settimeout(self, seconds):
        """Bound each later wait; None waits for ever, 0 never."""
        self._timeout_ms = -1 if seconds is None else int(seconds * 1000)

    def setblocking(self, is_blocking):
        """Wait for ever, or never."""
        self._timeout_ms = -1 if is_blocking else 0

    def setsockopt(self, *_):
        """Options make no difference here."""

    def _until(self, poll, busy):
        started = ticks_ms()
        while True:
            answer = poll()
            if answer != busy:
                return _checked(answer)
            waited = ticks_diff(ticks_ms(), started)
            if self._timeout_ms >= 0 and waited >= self._timeout_ms:
                raise OSError(_ETIMEDOUT if self._timeout_ms else _EAGAIN)
            left = self._timeout_ms - waited if self._timeout_ms >= 0 else -1
            _host.tcp_wait(self._number, left)

    def connect(self, address):
        """Connect to (host, port)."""
        self._number = _checked(_host.tcp_open(address[0], address[1]))
        self._until(lambda: _host.tcp_state(self._number), _CONNECTING)

    def send(self, data):
        """Send all of the bytes and return their number."""
        if self._number < 0:
            raise OSError(_ENOTCONN)
        return _checked(_host.tcp_send(self._number, hexlify(data).decode()))

    write = send

    def sendall(self, data):
        """Send all of the bytes."""
        self.send(data)

    def recv(self, count):
        """Receive up to count bytes; b"" at the end."""
        if self._number < 0:
            raise OSError(_ENOTCONN)
        return unhexlify(self._until(lambda: _host.tcp_receive(self._number, count), -_EAGAIN))

    def read(self, count=-1):
        """Receive exactly count bytes unless the end comes first; without count, up to the end."""
        data = b""
        while count < 0 or len(data) < count:
            part = self.recv(1024 if count < 0 else count - len(data))
            if not part:
                break
            data += part
        return data

    def readline(self):
        """Receive up to and with the next line feed."""
        line = b""
        while not line.endswith(b"\n"):
            part = self.recv(1)
            if not part:
                break
            line += part
        return line

    def close(self):
        """Close the connection."""
        if self._number >= 0:
            number, self._number = self._number, -1
            _host.tcp_close(number)
