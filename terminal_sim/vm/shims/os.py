"""The `os` module of the device: the built-in one, and random bytes from the simulator's one source."""

from binascii import unhexlify

import _host
from uos import *  # noqa: F403


def urandom(count):
    """Return that many random bytes."""
    return unhexlify(_host.entropy(count))


def uname():
    """Name the board."""
    return ("simulator", "simulator", "1.27.0", "", "Tapledger simulator")


def sync():
    """Files are made safe by their own flush."""
