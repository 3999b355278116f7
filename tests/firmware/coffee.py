"""What the tests of the coffee machine share: a token with a euro, a road to its ledger, a stand."""

import pytest

from tests.firmware.flash import FlashFiles
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.stands import Stand

TOKEN = "04A1B2C3D4E5F6"


@pytest.fixture
def coffee_road():
    """Return the road to a ledger that knows the machine and the token."""
    ledger = LedgerInMemory(permission="debit")
    ledger.balances[TOKEN] = 100
    return Road(ledger)


@pytest.fixture
def coffee_stand(coffee_road):
    """Return a machine that has power."""
    made = Stand("coffee_machine", FlashFiles(), coffee_road).power_on()
    yield made
    made.power_off()


def buy(stand, token=TOKEN, button=0):
    """Press a button and hold the token."""
    stand.device.on_press(button)
    stand.world.pass_ms(50)
    stand.tap(token)
