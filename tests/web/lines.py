"""Connections to a real server, kept alive or byte by byte, and a debit to send on them."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress

from tests.factories.wallets import TOKEN

PATH = f"/pos/wallets/token/{TOKEN}/transactions"
GOOD = b'{"amount": -1, "description": "x"}'


class Line:
    """One kept-alive connection of one terminal."""

    def __init__(self, netloc: str, api_token: str) -> None:
        self._connection = http.client.HTTPConnection(netloc, timeout=20)
        self._headers = {"Authorization": f"Bearer {api_token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict]:
        """Send one request; an iterator as body is sent in chunks, without saying its length."""
        chunked = body is not None and not isinstance(body, bytes)
        self._connection.request(method, path, body, self._headers | headers, encode_chunked=chunked)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def is_kept(self) -> bool:
        """Say whether the server has left the connection open."""
        return self._connection.sock is not None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def head(api_token: str, *headers: bytes, length: int = len(GOOD)) -> bytes:
    """Return the head of a debit with these headers, and a length for its body."""
    said = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api_token}\r\n".encode()
    said += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % length
    return b"".join([said, *(b"%b\r\n" % header for header in headers), b"\r\n"])


def connected(netloc: str) -> socket.socket:
    """Open a connection."""
    host, port = netloc.split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def sent(netloc: str, *pieces: bytes) -> bytes:
    """Send pieces on a connection of their own and return all that is said until it is closed."""
    with connected(netloc) as raw:
        for piece in pieces:
            with suppress(OSError):
                raw.sendall(piece)
        return heard(raw)


def heard(raw: socket.socket) -> bytes:
    """Return all that is said until the connection is closed."""
    said = b""
    # Who was refused while still sending may find the connection reset behind the answer.
    with suppress(ConnectionResetError):
        while piece := raw.recv(4096):
            said += piece
    return said
