"""The NFC terminal: balances, and cash that becomes credit exactly once."""

import pytest

from tests.firmware.flash import FlashFiles
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.stands import Stand

TOKEN = "04A1B2C3D4E5F6"


@pytest.fixture
def road():
    ledger = LedgerInMemory(permission="credit")
    ledger.balances[TOKEN] = 100
    return Road(ledger)


@pytest.fixture
def stand(road):
    made = Stand("nfc_terminal", FlashFiles(), road).power_on()
    yield made
    made.power_off()


def press(stand, keys):
    for key in keys:
        stand.device.on_key(key)
        stand.world.pass_ms(50)


def test_a_tap_shows_the_balance(stand, road):
    stand.tap(TOKEN)
    stand.wait_for("Balance 1.00 EUR")
    assert road.posts() == []


def test_an_amount_and_a_tap_top_up_once(stand, road):
    press(stand, "500")
    stand.wait_for("Top up 5.00 EUR")
    press(stand, "#")
    stand.wait_for("Take the money")
    stand.tap(TOKEN)
    stand.wait_for("5.00 EUR booked Balance 6.00 EUR")
    stand.world.pass_ms(30000)
    assert road.ledger.balances[TOKEN] == 600
    assert len(road.posts()) == 1


def test_a_tap_after_a_top_up_only_shows_the_balance(stand, road):
    press(stand, "500#")
    stand.tap(TOKEN)
    stand.wait_for("booked")
    stand.world.pass_ms(10000)
    stand.tap(TOKEN)
    stand.wait_for("Balance 6.00 EUR")
    assert len(road.posts()) == 1


def test_a_tap_before_the_amount_is_confirmed_books_nothing(stand, road):
    press(stand, "500")
    stand.tap(TOKEN)
    stand.wait_for("Balance 1.00 EUR")
    assert road.posts() == []


@pytest.mark.parametrize("keys", ["500*", "500#*", "0#", "#", "A"])
def test_what_is_cleared_empty_or_no_amount_tops_nothing_up(stand, road, keys):
    press(stand, keys)
    stand.tap(TOKEN)
    stand.wait_for("Balance 1.00 EUR")
    assert road.posts() == []


def test_more_than_the_limit_is_refused(stand, road):
    press(stand, "10001#")
    stand.wait_for("At most 100.00 EUR")
    press(stand, "10000#")
    stand.wait_for("Take the money")


def test_an_amount_that_nobody_taps_for_is_forgotten(stand, road):
    press(stand, "500#")
    stand.world.pass_ms(31000)
    stand.tap(TOKEN)
    stand.wait_for("Balance 1.00 EUR")
    assert road.posts() == []


def test_keys_after_the_confirmation_do_not_change_the_amount(stand, road):
    press(stand, "500#99")
    stand.tap(TOKEN)
    stand.wait_for("5.00 EUR booked")


@pytest.mark.parametrize("trouble", ["lost_answer", "lost_request"])
def test_an_unknown_outcome_is_booked_once_by_itself(stand, road, trouble):
    road.troubles.extend([trouble] * 9)
    press(stand, "500#")
    stand.tap(TOKEN)
    stand.wait_for("Being checked: it is booked at most once")
    stand.wait_for("Keep the money", 40000)
    road.troubles.clear()
    stand.wait_for("5.00 EUR booked", 60000)
    assert road.ledger.balances[TOKEN] == 600
    assert len(set(road.posts())) == 1
    assert road.posts("/reverse") == []


def test_what_is_settled_meanwhile_does_not_disturb_who_types_an_amount(stand, road):
    road.troubles.extend(["lost_answer"] * 9)
    press(stand, "500#")
    stand.tap(TOKEN)
    stand.wait_for("Keep the money", 40000)
    press(stand, "70")
    road.troubles.clear()
    stand.world.pass_until(lambda: not stand.journal.open_records)
    press(stand, "0")
    assert "Top up 7.00 EUR" in stand.screen
    assert not any("5.00 EUR booked" in text for text in stand.screen.history)


def test_without_a_connection_nothing_is_booked_also_later(stand, road):
    road.is_cut = True
    press(stand, "500#")
    stand.tap(TOKEN)
    stand.wait_for("Nothing was booked", 30000)
    road.is_cut = False
    stand.world.pass_ms(60000)
    assert road.ledger.balances[TOKEN] == 100


def test_a_refusal_says_why(stand, road):
    press(stand, "500#")
    stand.tap("04FFFFFFFFFFFF")
    stand.wait_for("Token not known")
    assert not stand.journal.open_records


def test_a_terminal_that_may_only_debit_shows_balances_only(road):
    road.ledger.permission = "debit"
    stand = Stand("nfc_terminal", FlashFiles(), road).power_on()
    stand.wait_for("see its balance")
    press(stand, "5")
    stand.wait_for("may not do that")
    stand.power_off()


def test_it_speaks_german(road):
    stand = Stand("nfc_terminal", FlashFiles(), road, language="de").power_on()
    stand.tap(TOKEN)
    stand.wait_for("Guthaben 1,00 EUR")
    stand.power_off()
