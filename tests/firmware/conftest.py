"""Makes the firmware importable, and gives a world whose time passes only when it is asked for."""

import pytest

from tests.terminal_sim.chips.microcontroller import make_firmware_importable

make_firmware_importable()

from tests.firmware.coffee import coffee_road, coffee_stand  # noqa: E402, F401
from tests.firmware.stands import Stand  # noqa: E402
from tests.firmware.world import World  # noqa: E402


@pytest.fixture
def world():
    """Return a world in virtual time."""
    made = World()
    yield made
    made.close()


@pytest.fixture
def long_file_alone(monkeypatch):
    """Let each line of the journal go to its long file, where a test can follow them."""
    monkeypatch.setattr(Stand, "short_limit", 0)
