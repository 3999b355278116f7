"""A printer that runs, and python-escpos that prints to it over TCP."""

from __future__ import annotations

import pytest
from escpos.printer import Network

from terminal_sim.printer import VirtualPrinter


@pytest.fixture
def printer():
    """Return a running printer for paper of 80 mm."""
    with VirtualPrinter() as each:
        yield each


@pytest.fixture
def connect():
    """Return a function that connects python-escpos with a printer."""
    connected = []

    def make(printer: VirtualPrinter, profile: str = "TM-T20II") -> Network:
        each = Network("127.0.0.1", port=printer.port, timeout=3, profile=profile)
        each.open()
        connected.append(each)
        return each

    yield make
    for each in connected:
        each.close()


@pytest.fixture
def pos(printer, connect):
    """Return python-escpos, connected with the printer."""
    return connect(printer)
