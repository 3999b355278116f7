"""The board that each test of a chip gets: fresh, powered, and past its start-up."""

import pytest

from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.pn532 import PN532Chip
from tests.terminal_sim.chips.bench import SAM_NORMAL, Host
from tests.terminal_sim.chips.desk import Desk
from tests.terminal_sim.chips.lcd_host import LcdHost
from tests.terminal_sim.chips.wiring import BoardWires, VirtualTimeline


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


@pytest.fixture
def desk():
    """Chips and drivers, a moment after the power came on; nothing is started yet."""
    made = Desk()
    made.pass_time(100)
    yield made
    made.loop.close()


@pytest.fixture
def lcd_host(timeline):
    """A host of a display that is past its power-up and knows nothing yet."""
    lcd = CharacterLcd(timeline=timeline)
    timeline.advance(50_000)
    return LcdHost(lcd, timeline)


@pytest.fixture
def display(lcd_host):
    """A host of a display that is initialised."""
    lcd_host.initialise()
    return lcd_host
