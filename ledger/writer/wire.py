"""What goes between a server's workers and its writer, over a Unix socket in a private folder."""

from __future__ import annotations

import pickle
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!I")
_CHUNK_BYTES = 64 * 1024


class ConnectionEnded(Exception):
    """The other side is gone."""


def packed(message: Any) -> bytes:
    """Return a message as it travels. Both ends are this program, run by this user: pickle is safe there."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(content)) + content


class Inbox:
    """Puts together the messages that come in pieces."""

    def __init__(self) -> None:
        self._received = bytearray()

    def add(self, piece: bytes) -> None:
        """Take a piece that has arrived."""
        self._received += piece

    def take(self) -> Any | None:
        """Return the next message that has arrived whole, or None."""
        if len(self._received) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
        if len(self._received) < end:
            return None
        content = bytes(self._received[_LENGTH.size : end])
        del self._received[:end]
        return pickle.loads(content)


class SocketInbox(Inbox):
    """Puts together the messages that come over a socket."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection

    def wait(self) -> Any:
        """Return the next message, however long it takes; raises ConnectionEnded."""
        while (message := self.take()) is None:
            self.receive()
        return message

    def receive(self) -> None:
        """Take what has arrived; raises ConnectionEnded."""
        piece = self._connection.recv(_CHUNK_BYTES)
        if not piece:
            raise ConnectionEnded
        self.add(piece)
