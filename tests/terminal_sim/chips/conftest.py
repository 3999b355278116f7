"""The board that each test of a chip gets: fresh, powered, and past its start-up."""

import pytest

from terminal_sim.chips.pn532 import PN532Chip
from terminal_sim.chips.wiring import BoardWires, VirtualTimeline
from tests.terminal_sim.chips.bench import SAM_NORMAL, Host


@pytest.fixture
def timeline():
    return VirtualTimeline()


@pytest.fixture
def wires(timeline):
    return BoardWires(timeline)


@pytest.fixture
def chip(timeline):
    return PN532Chip(timeline)


@pytest.fixture
def host(chip, timeline):
    """A host of a chip that has started up and knows nothing yet."""
    timeline.advance(10_000)
    return Host(chip, timeline)


@pytest.fixture
def reader(host):
    """A host of a chip in normal mode with bounded retries: MxRtyPassiveActivation 2."""
    assert host.ask(SAM_NORMAL) == "15"
    assert host.ask("3205FF0102") == "33"
    return host
