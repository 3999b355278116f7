"""The HTTP client on MicroPython's own streams, where they behave unlike CPython's."""

import asyncio

import pytest
from ledger_client.http import HttpClient, HttpError

TIMEOUT_MS = 400


class Socket:
    """A stream whose close() does nothing, and where a failed connect shows at the first write."""

    def __init__(self, error=None):
        self._error = error
        self.is_open = True

    def write(self, data):
        if self._error:
            raise self._error

    async def drain(self):
        """Have sent everything."""

    async def read(self, count):
        return b"garbage\r\n"

    def close(self):
        """Do nothing."""

    async def wait_closed(self):
        self.is_open = False


def request_over(socket):
    """Return the HttpError of a request over this socket."""

    async def open_stream(host, port):
        return socket, socket

    async def run():
        with pytest.raises(HttpError) as caught:
            await HttpClient(("ledger", 80, ""), "t", TIMEOUT_MS, open_stream).request("GET", "/x")
        return caught.value

    return asyncio.run(run())


def test_the_socket_of_a_failed_request_is_given_back():
    socket = Socket()
    assert request_over(socket).was_sent
    assert not socket.is_open


def test_a_connect_that_fails_at_the_first_write_sent_nothing():
    socket = Socket(OSError(111))
    assert not request_over(socket).was_sent
    assert not socket.is_open
