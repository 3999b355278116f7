"""The board's port, taken before anything is started that would have to be ended again."""

from __future__ import annotations

import socket

from terminal_sim.control import Refused

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """Take a port of this machine, 0 for a free one; Refused when somebody else has it."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise Refused(
            f"port {port} cannot be had ({error.strerror}): give another --port, or none for a free one"
        ) from None
