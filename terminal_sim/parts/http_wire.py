"""HTTP/1.1 on the wire: where a request ends, and one exchange with a real server."""

from __future__ import annotations

import contextlib
import select
import socket
from dataclasses import dataclass

CONNECT_PATIENCE_S = 3.0


class NoAnswer(Exception):
    """The server closed the connection or said nothing that is HTTP."""


@dataclass(frozen=True)
class RequestText:
    """One whole request as the device sent it."""

    raw: bytes
    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class AnswerText:
    """One whole answer as the server sent it."""

    raw: bytes
    status: int
    is_last: bool


def split_request(buffer: bytearray) -> RequestText | None:
    """Take the first whole request out of the buffer; None while there is none."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    start_line, headers = _read_head(bytes(buffer[:head_end]))
    size = int(headers.get("content-length", "0") or 0)
    total = head_end + 4 + size
    if len(buffer) < total:
        return None
    raw = bytes(buffer[:total])
    del buffer[:total]
    method, path, *_ = [*start_line.split(" "), "", ""]
    return RequestText(raw, method, path, raw[head_end + 4 :])


class ServerConnection:
    """A connection to the real server; kept open between exchanges as the device keeps its own."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket = self._connected()

    def was_closed(self) -> bool:
        """Tell whether the server has ended an idle connection."""
        if self._socket.fileno() < 0:
            return True
        readable, _, _ = select.select([self._socket], [], [], 0)
        return bool(readable)

    def reconnect(self) -> None:
        """Start over with a fresh connection."""
        self.close()
        self._socket = self._connected()

    def exchange(self, request: RequestText) -> AnswerText:
        """Send a request and return the answer; NoAnswer or OSError when there is none."""
        self._socket.sendall(request.raw)
        received = bytearray()
        while (head_end := received.find(b"\r\n\r\n")) < 0:
            self._more(received)
        start_line, headers = _read_head(bytes(received[:head_end]))
        try:
            status = int(start_line.split(" ")[1])
        except (IndexError, ValueError):
            raise NoAnswer(start_line) from None
        is_last = headers.get("connection", "").lower() == "close"
        if request.method != "HEAD" and status not in (204, 304):
            is_last = self._body(received, head_end + 4, headers) or is_last
        return AnswerText(bytes(received), status, is_last)

    def close(self) -> None:
        """Close the connection; an exchange that waits in another thread ends."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(self._address, timeout=CONNECT_PATIENCE_S)
        connection.settimeout(None)
        return connection

    def _body(self, received: bytearray, start: int, headers: dict[str, str]) -> bool:
        """Receive the body; return whether only the end of the connection ended it."""
        if "chunked" in headers.get("transfer-encoding", ""):
            while not received.endswith(b"0\r\n\r\n"):
                self._more(received)
        elif "content-length" in headers:
            while len(received) < start + int(headers["content-length"]):
                self._more(received)
        else:
            while part := self._socket.recv(65536):
                received += part
            return True
        return False

    def _more(self, received: bytearray) -> None:
        part = self._socket.recv(65536)
        if not part:
            raise NoAnswer("the server closed the connection")
        received += part


def _read_head(head: bytes) -> tuple[str, dict[str, str]]:
    start_line, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return start_line, {name.strip().lower(): value.strip() for name, _, value in pairs}
