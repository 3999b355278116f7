"""The balance after it is shown before it is confirmed: nothing is booked until then, and the key stays."""

import json

import pytest

from tests.firmware.coffee import TOKEN, buy
from tests.firmware.flash import FlashFiles
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.stands import Stand

OTHER = "04111111111111"


@pytest.fixture
def road(coffee_road):
    coffee_road.ledger.balances[OTHER] = 500
    return coffee_road


@pytest.fixture
def stand(coffee_stand):
    return coffee_stand


@pytest.fixture
def careful(road):
    """Return a machine that is set to ask before each purchase."""
    made = Stand("coffee_machine", FlashFiles(), road, confirm=True).power_on()
    yield made
    made.power_off()


@pytest.fixture
def counter():
    """Return a terminal for top-ups that is set to ask."""
    ledger = LedgerInMemory(permission="credit")
    ledger.balances[TOKEN] = 100
    made = Stand("nfc_terminal", FlashFiles(), Road(ledger), confirm=True).power_on()
    yield made
    made.power_off()


def press(stand, button=0):
    stand.device.on_press(button)
    stand.world.pass_ms(300)


def tap(stand, token=TOKEN):
    stand.tap(token)
    stand.world.pass_ms(300)


def previewed_keys(road):
    return [json.loads(body)["idempotency_key"] for body in road.posts("?dry_run=true")]


def test_a_choice_and_a_tap_still_buy_in_two_gestures_and_ask_nothing(stand, road):
    buy(stand)
    stand.wait_for("Enjoy")
    assert road.posts("?dry_run=true") == []


def test_who_taps_first_sees_price_and_balance_afterwards_and_buys_by_pressing_again(stand, road):
    tap(stand)
    stand.wait_for("Balance 1.00 EUR")
    stand.wait_for("Now press a button to buy")
    press(stand)
    stand.wait_for("Espresso 0.25 EUR Leaves 0.75 EUR Press again to pay")
    assert road.ledger.balances[TOKEN] == 100
    assert road.posts() == []
    press(stand)
    stand.wait_for("Enjoy your Espresso! Balance 0.75 EUR")
    assert road.ledger.balances[TOKEN] == 75
    assert stand.relay_pin.closures == 1


def test_set_to_confirm_a_choice_and_a_tap_are_followed_by_a_second_press(careful, road):
    press(careful)
    tap(careful)
    careful.wait_for("Leaves 0.75 EUR")
    careful.world.pass_ms(3000)
    assert road.posts() == []
    press(careful)
    careful.wait_for("Enjoy")
    assert road.ledger.balances[TOKEN] == 75


def test_the_key_that_was_previewed_is_the_one_that_buys(careful, road):
    press(careful)
    tap(careful)
    press(careful)
    careful.wait_for("Enjoy")
    assert previewed_keys(road) == [json.loads(body)["idempotency_key"] for body in road.posts()]


def test_who_goes_away_buys_nothing_and_nothing_is_left_to_settle(careful, road):
    press(careful)
    tap(careful)
    careful.wait_for("Leaves 0.75 EUR")
    careful.wait_for("Choose a drink")
    press(careful)
    careful.wait_for("Hold your token")
    careful.world.pass_ms(60000)
    assert road.ledger.booked_cents(TOKEN) == 0
    assert not careful.journal.open_records
    assert careful.relay_pin.closures == 0


def test_another_button_shows_another_offer_and_books_nothing(stand, road):
    tap(stand)
    press(stand, 0)
    press(stand, 1)
    stand.wait_for("Cappuccino 0.50 EUR Leaves 0.50 EUR")
    assert road.posts() == []
    press(stand, 1)
    stand.wait_for("Enjoy your Cappuccino!")
    assert len(set(previewed_keys(road))) == 2


def test_a_token_that_comes_and_goes_at_the_edge_of_the_field_confirms_nothing(careful, road):
    press(careful)
    tap(careful)
    for _ in range(3):
        tap(careful)
    assert "Leaves 0.75 EUR" in careful.screen
    assert road.posts() == []


def test_another_token_takes_the_place_and_pays_nothing_for_the_one_before(careful, road):
    press(careful)
    tap(careful)
    tap(careful, OTHER)
    careful.wait_for("Balance 5.00 EUR")
    press(careful)
    careful.wait_for("Leaves 4.75 EUR")
    press(careful)
    careful.wait_for("Enjoy")
    assert (road.ledger.balances[TOKEN], road.ledger.balances[OTHER]) == (100, 475)


def test_a_price_that_has_changed_meanwhile_is_shown_before_it_is_paid(careful, road):
    press(careful)
    tap(careful)
    careful.wait_for("Leaves 0.75 EUR")
    careful.device.products["espresso"] = ("Espresso", 30)
    road.ledger.products["espresso"] = 30
    press(careful)
    careful.wait_for("Espresso 0.30 EUR Leaves 0.70 EUR")
    assert road.posts() == []


def test_too_little_money_is_told_by_the_preview(careful, road):
    road.ledger.balances[TOKEN] = 10
    press(careful)
    tap(careful)
    careful.wait_for("Not enough money. Balance 0.10 EUR Price 0.25 EUR Top up first")
    press(careful)
    assert road.posts() == []


def test_without_a_connection_nothing_is_offered(careful, road):
    road.is_cut = True
    press(careful)
    tap(careful)
    careful.wait_for("Nothing was booked")
    press(careful)
    tap(careful)
    careful.world.pass_ms(60000)
    assert road.posts() == []
    assert careful.relay_pin.closures == 0


def test_a_confirmed_purchase_whose_answer_is_lost_is_asked_again_by_the_same_key(careful, road):
    press(careful)
    tap(careful)
    road.troubles.append("lost_answer")
    press(careful)
    careful.wait_for("Being checked: you are charged at most once")
    careful.wait_for("Enjoy")
    assert len(set(road.posts())) == 1
    assert road.ledger.balances[TOKEN] == 75


def keys(stand, text):
    for key in text:
        stand.device.on_key(key)
        stand.world.pass_ms(50)


def test_a_top_up_that_is_to_be_confirmed_shows_the_balance_afterwards_first(counter):
    keys(counter, "500#")
    tap(counter)
    counter.wait_for("Top up 5.00 EUR Balance then 6.00 EUR # books, * cancels")
    assert counter.road.posts() == []
    tap(counter)
    assert counter.road.posts() == []
    keys(counter, "#")
    counter.wait_for("5.00 EUR booked Balance 6.00 EUR")
    assert counter.road.ledger.balances[TOKEN] == 600


def test_a_top_up_that_is_cancelled_books_nothing(counter):
    keys(counter, "500#")
    tap(counter)
    keys(counter, "*")
    counter.wait_for("Amount and #")
    keys(counter, "#")
    counter.world.pass_ms(30000)
    assert counter.road.ledger.balances[TOKEN] == 100
    assert not counter.journal.open_records
