"""The coffee machine: what a person sees, and what the books say afterwards."""

import asyncio

import pytest
from journal import records

from tests.firmware.flash import FlashFiles
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.stands import Stand
from tests.firmware.world import no_beat

TOKEN = "04A1B2C3D4E5F6"


@pytest.fixture
def road():
    ledger = LedgerInMemory(permission="debit")
    ledger.balances[TOKEN] = 100
    return Road(ledger)


@pytest.fixture
def stand(road):
    made = Stand("coffee_machine", FlashFiles(), road).power_on()
    yield made
    made.power_off()


def buy(stand, token=TOKEN, button=0):
    stand.device.on_press(button)
    stand.world.pass_ms(50)
    stand.tap(token)


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


def test_without_a_connection_nothing_is_booked_and_no_cup_comes(stand, road):
    stand.wait_for("Choose a drink")
    road.is_cut = True
    buy(stand)
    stand.wait_for("Nothing was booked", 30000)
    road.is_cut = False
    stand.world.pass_ms(60000)
    assert stand.relay_pin.closures == 0
    assert road.ledger.booked_cents(TOKEN) == 0
    assert road.posts("/reverse") == []


@pytest.mark.parametrize(
    "trouble", ["lost_answer", "lost_request", (500, b"oops"), (200, b"<html>"), (502, b"")]
)
def test_a_lost_connection_is_asked_again_with_the_same_key_and_bytes(stand, road, trouble):
    road.troubles.append(trouble)
    buy(stand)
    stand.wait_for("Being checked: you are charged at most once")
    stand.wait_for("Enjoy")
    stand.world.pass_ms(60000)
    first, second = road.posts()
    assert first == second
    assert stand.relay_pin.closures == 1
    assert road.ledger.balances[TOKEN] == 75


def test_what_stays_unknown_gives_no_coffee_and_is_given_back(stand, road):
    road.troubles.extend(["lost_answer"] * 9)
    buy(stand)
    stand.wait_for("no coffee", 40000)
    assert road.ledger.balances[TOKEN] == 75
    road.troubles.clear()
    stand.world.pass_ms(120000)
    assert stand.relay_pin.closures == 0
    assert road.ledger.balances[TOKEN] == 100
    assert not stand.journal.open_records


def test_a_request_that_arrives_after_the_giving_back_books_nothing(stand, road):
    road.troubles.extend(["lost_request"] * 9)
    buy(stand)
    stand.wait_for("no coffee", 40000)
    road.troubles.clear()
    stand.world.pass_ms(120000)
    status, _ = road.ledger.answer("POST", f"/pos/wallets/token/{TOKEN}/transactions", road.posts()[0])
    assert status == 400
    assert road.ledger.balances[TOKEN] == 100


def test_a_refusal_after_a_lost_answer_does_not_prove_that_nothing_was_booked(stand, road):
    road.troubles.append("lost_answer")
    buy(stand)
    stand.wait_for("Being checked")
    road.ledger.knows_terminal = False
    stand.wait_for("no coffee", 40000)
    road.ledger.knows_terminal = True
    stand.world.pass_ms(180000)
    assert stand.relay_pin.closures == 0
    assert road.ledger.balances[TOKEN] == 100


@pytest.mark.parametrize(
    ("refusal", "end"),
    [(b'{"message":"Forbidden"}', "Enjoy"), (b'{"message":"Forbidden","code":"forbidden"}', "no coffee")],
)
def test_somebody_elses_403_after_a_lost_answer_leaves_no_debit_without_a_cup(stand, road, refusal, end):
    road.troubles.extend(["lost_answer", (403, refusal)])
    buy(stand)
    stand.wait_for("Being checked")
    stand.wait_for(end, 40000)
    stand.world.pass_ms(120000)
    assert road.ledger.booked_cents(TOKEN) == -25 * stand.relay_pin.closures
    assert not stand.journal.open_records


def test_a_refusal_behind_the_key_check_proves_that_nothing_was_booked(stand, road):
    road.ledger.balances[TOKEN] = 10
    road.troubles.append("lost_request")
    buy(stand)
    stand.wait_for("Not enough money")
    stand.world.pass_ms(60000)
    assert road.posts("/reverse") == []


def test_a_terminal_that_the_ledger_does_not_know_is_out_of_order(stand, road):
    road.ledger.knows_terminal = False
    buy(stand)
    stand.wait_for("does not know this terminal")
    stand.world.pass_ms(5000)
    stand.device.on_press(0)
    stand.wait_for("does not know this terminal")
    assert stand.relay_pin.closures == 0


def test_a_terminal_that_was_refused_for_a_moment_serves_again_soon(stand, road):
    road.troubles.append((401, b'{"message":"Unauthenticated."}'))
    buy(stand)
    stand.wait_for("does not know this terminal")
    stand.world.pass_ms(10000)
    buy(stand)
    stand.wait_for("Enjoy")
    assert road.ledger.balances[TOKEN] == 75


def test_while_a_purchase_tries_again_nothing_else_takes_the_connection(stand, road):
    stand.wait_for("Choose a drink")
    before = len(road.sent)
    road.troubles.extend(["lost_request"] * 3)
    buy(stand)
    stand.wait_for("Enjoy")
    assert {method for method, _, _ in road.sent[before:]} == {"POST"}


def test_presses_and_taps_during_a_purchase_are_forgotten(stand, road):
    road.troubles.append("lost_answer")
    buy(stand)
    stand.wait_for("Being checked")
    for _ in range(3):
        stand.device.on_press(1)
        stand.tap(TOKEN)
    stand.world.pass_ms(60000)
    assert stand.relay_pin.closures == 1
    assert road.ledger.balances[TOKEN] == 75


def test_presses_during_a_purchase_that_fails_are_forgotten_and_the_reason_stays_readable(stand, road):
    road.troubles.extend(["lost_request"] * 9)
    buy(stand)
    stand.wait_for("Being checked")
    stand.device.on_press(1)
    stand.tap(TOKEN)
    stand.wait_for("no coffee", 40000)
    stand.world.pass_ms(3000)
    assert "no coffee" in stand.screen
    assert len(set(road.posts())) == 1


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
