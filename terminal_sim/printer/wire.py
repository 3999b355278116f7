"""The printer's network port: one connection at a time, and plugs that somebody can pull."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import struct
import threading
from collections.abc import Callable

HOST = "127.0.0.1"
_CHUNK = 4096
_LOOK_EVERY_S = 0.2
# Closing with this sends RST at once, as a printer does that loses its power or its network.
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class PortTaken(Exception):
    """The port is in use; the message says what to do."""


class Wire:
    """Listens on loopback and hands on what arrives; who comes while somebody is connected waits.

    `changed` is the lock of the whole printer: bytes are read and taken under it, so that who holds it knows
    what has arrived. `has_room()` says whether the receive buffer takes more, `take(data)` takes it.
    """

    def __init__(
        self,
        port: int,
        changed: threading.Condition,
        has_room: Callable[[], bool],
        take: Callable[[bytes], None],
    ) -> None:
        self._changed = changed
        self._has_room = has_room
        self._take = take
        self._listener: socket.socket | None = None
        self._connection: socket.socket | None = None
        self._is_closing = False
        self._bytes_to_loss: int | None = None
        self.port = port
        self.plug_in()
        self._thread = threading.Thread(target=self._run, name="printer port", daemon=True)
        self._thread.start()

    @property
    def has_unread(self) -> bool:
        """Whether somebody has sent what is not taken yet; the caller holds the lock."""
        waiting = [each for each in (self._connection or self._listener,) if each is not None]
        return bool(waiting and select.select(waiting, [], [], 0)[0])

    def answer(self, data: bytes) -> None:
        """Send to whoever is connected; nobody may be."""
        with self._changed:
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.sendall(data)

    def lose_connection_after(self, count: int) -> None:
        """Cut the connection when so many bytes more have arrived; what comes after them is lost."""
        with self._changed:
            self._bytes_to_loss = count

    def unplug(self) -> None:
        """Take the network away: the connection breaks, and new ones are refused."""
        with self._changed:
            for each in (self._connection, self._listener):
                _wake(each)
            self._drop()
            if self._listener is not None:
                self._listener.close()
            self._listener = None

    def plug_in(self) -> None:
        """Listen again on the same port; PortTaken when another program has it."""
        with self._changed:
            if self._listener is not None:
                return
            try:
                self._listener = socket.create_server((HOST, self.port))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                raise PortTaken(f"port {self.port} is in use: choose another, or 0 for a free one") from None
            self.port = self._listener.getsockname()[1]

    def close(self) -> None:
        """End it all."""
        self._is_closing = True
        self.unplug()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_closing:
            waiting = self._connection or self._listener
            try:
                readable = waiting is not None and select.select([waiting], [], [], _LOOK_EVERY_S)[0]
            except (OSError, ValueError):
                # Somebody pulled the plug meanwhile.
                continue
            with self._changed:
                if waiting is None:
                    self._changed.wait(_LOOK_EVERY_S)
                elif readable and waiting is self._listener:
                    self._connection = waiting.accept()[0]
                elif readable and waiting is self._connection:
                    self._read()

    def _read(self) -> None:
        # While nothing is printed the sender's window fills up: to a slow printer everybody waits.
        if not self._changed.wait_for(self._has_room, _LOOK_EVERY_S) or self._connection is None:
            return
        try:
            data = self._connection.recv(_CHUNK)
        except OSError:
            data = b""
        if self._bytes_to_loss is not None:
            data = data[: self._bytes_to_loss]
            self._bytes_to_loss -= len(data)
        if data:
            self._take(data)
        if not data or self._bytes_to_loss == 0:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            if self._bytes_to_loss == 0:
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
            self._connection.close()
        self._connection = None
        if self._bytes_to_loss == 0:
            self._bytes_to_loss = None
        self._changed.notify_all()


def _wake(waited_for: socket.socket | None) -> None:
    """Let a thread that waits for a socket look again at once."""
    if waited_for is not None:
        with contextlib.suppress(OSError):
            waited_for.shutdown(socket.SHUT_RDWR)
