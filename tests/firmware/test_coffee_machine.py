"""The coffee machine: what a person sees, and what the books say afterwards."""

import asyncio

import pytest
from journal import records

from tests.firmware.coffee import TOKEN, buy
from tests.firmware.world import no_beat


@pytest.fixture
def road(coffee_road):
    return coffee_road


@pytest.fixture
def stand(coffee_stand):
    return coffee_stand


def test_a_drink_is_paid_once_and_brewed_once(stand, road):
    stand.device.on_press(0)
    stand.wait_for("Espresso 0.25 EUR")
    stand.wait_for("Hold your token")
    stand.tap(TOKEN)
    stand.wait_for("Enjoy your Espresso!")
    stand.wait_for("Balance 0.75 EUR")
    stand.wait_for("Choose a drink")
    assert stand.relay_pin.closures == 1
    assert stand.relay_pin.level == 0
    assert road.ledger.balances[TOKEN] == 75
    assert not stand.journal.open_records
    assert not stand.journal.remarkable


def test_a_second_tap_after_the_cup_shows_the_balance_and_sells_nothing(stand, road):
    buy(stand)
    stand.wait_for("Enjoy")
    stand.world.pass_ms(1500)
    stand.tap(TOKEN)
    stand.wait_for("Balance 0.75 EUR")
    stand.world.pass_ms(10000)
    assert stand.relay_pin.closures == 1
    assert len(road.posts()) == 1


def test_a_tap_without_a_choice_shows_the_balance_and_books_nothing(stand, road):
    stand.tap(TOKEN)
    stand.wait_for("Balance 1.00 EUR")
    assert road.posts() == []
    assert stand.relay_pin.closures == 0


def test_a_choice_is_forgotten_after_a_while(stand, road):
    stand.device.on_press(0)
    stand.wait_for("Hold your token")
    stand.wait_for("Choose a drink", 16000)
    stand.tap(TOKEN)
    stand.wait_for("Balance 1.00 EUR")
    assert stand.relay_pin.closures == 0


def test_a_token_that_lies_there_already_has_to_be_lifted(stand):
    stand.presence.uid = bytes.fromhex(TOKEN)
    stand.device.on_press(0)
    stand.wait_for("Lift your token")


def test_too_little_money_shows_balance_price_and_what_to_do(stand, road):
    road.ledger.balances[TOKEN] = 10
    buy(stand)
    stand.wait_for("Not enough money. Balance 0.10 EUR Price 0.25 EUR Top up first")
    stand.world.pass_ms(20000)
    assert stand.relay_pin.closures == 0
    assert road.ledger.balances[TOKEN] == 10
    assert not stand.journal.open_records


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("04FFFFFFFFFFFF", "Token not known"),
        ("04B10C4ED00000", "blocked"),
        ("08123456", "changes its number"),
        ("0812", "cannot be used"),
    ],
)
def test_a_token_that_cannot_pay_is_told_why(stand, road, token, text):
    road.ledger.blocked.add("04B10C4ED00000")
    buy(stand, token)
    stand.wait_for(text)
    stand.world.pass_ms(20000)
    assert stand.relay_pin.closures == 0
    assert not road.ledger.postings


def test_a_flash_that_takes_nothing_sells_nothing(stand, road):
    stand.flash.is_full = True
    buy(stand)
    stand.wait_for("Out of order")
    stand.world.pass_ms(20000)
    assert road.posts() == []
    assert stand.relay_pin.closures == 0


def test_a_purchase_that_a_failure_left_is_settled_when_the_device_starts_again(stand, road, monkeypatch):
    def fails(name, data):
        raise MemoryError

    monkeypatch.setattr(stand.flash, "append", fails)
    buy(stand)
    with pytest.raises(MemoryError):
        stand.world.pass_ms(1000)
    monkeypatch.undo()
    (record,) = stand.journal.open_records
    stand.world.run(asyncio.sleep(20))
    assert record.is_open()
    stand.world.start(stand.device.run(no_beat))
    stand.world.run(asyncio.sleep(20))
    assert record.state == records.REVERSED
    assert (stand.relay_pin.closures, road.ledger.balances[TOKEN]) == (0, 100)


def test_a_flash_that_works_again_sells_again_by_itself(stand):
    stand.flash.is_full = True
    buy(stand)
    stand.wait_for("Out of order")
    stand.flash.is_full = False
    stand.world.pass_ms(20000)
    buy(stand)
    stand.wait_for("Enjoy")


def test_an_approval_that_cannot_be_written_gives_the_money_back_and_no_cup(stand, road):
    def flash_fails():
        stand.flash.is_full = True

    road.after = flash_fails
    buy(stand)
    stand.wait_for("no coffee")
    road.after = lambda: None
    stand.flash.is_full = False
    stand.world.pass_ms(120000)
    assert stand.relay_pin.closures == 0
    assert road.ledger.balances[TOKEN] == 100


def test_a_new_price_is_learned_without_a_restart(stand, road):
    road.ledger.products["espresso"] = 30
    stand.world.pass_ms(310000)
    stand.device.on_press(0)
    stand.wait_for("Espresso 0.30 EUR")


def test_a_button_without_a_product_says_so(stand):
    stand.device.on_press(3)
    stand.wait_for("Nothing is sold")


def test_a_failed_reader_is_shown(stand):
    stand.presence.is_working = False
    stand.device.on_press(0)
    stand.wait_for("card reader does not answer")
