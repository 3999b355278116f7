"""The socket at which a writer is asked, a writer, and a terminal that asks."""

from __future__ import annotations

import socket

import pytest

from tests.conftest import BOTH_DATABASES
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.writer.offices import OTHER, at_work


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


@pytest.fixture(params=BOTH_DATABASES)
def database_name(request):
    """Return each database in turn."""
    return request.param


@pytest.fixture
def writer(ledger, listener):
    """Give a writer at work on the ledger's books, with connections of its own."""
    with at_work(ledger, listener) as made:
        yield made


@pytest.fixture
def actor(ledger):
    """Return a terminal that may do both, and open two wallets with 10.00 each."""
    open_wallet(ledger, TOKEN, balance_cents=1000)
    open_wallet(ledger, OTHER, balance_cents=1000)
    return install(ledger).actor
