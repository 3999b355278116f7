"""Makes the firmware importable, and gives a world whose time passes only when it is asked for."""

import pytest

from tests.terminal_sim.chips.microcontroller import make_firmware_importable

make_firmware_importable()

from tests.firmware.coffee import coffee_road, coffee_stand  # noqa: E402, F401
from tests.firmware.world import World  # noqa: E402


@pytest.fixture
def world():
    """Return a world in virtual time."""
    made = World()
    yield made
    made.close()
