"""The socket at which a writer is asked."""

from __future__ import annotations

import socket

import pytest


class NarrowListener(socket.socket):
    """A listener whose connections hold four kilobytes: an answer that nobody reads does not fit in."""

    def accept(self):
        """Accept a connection with little room."""
        connection, address = super().accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return connection, address


@pytest.fixture
def listener(tmp_path):
    """Return the socket that the writer is asked at."""
    with NarrowListener(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "writer"))
        made.listen(64)
        yield made
