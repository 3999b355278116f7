"""The coffee machine when its connection or its ledger fails: never a debit without a cup."""

import pytest

from tests.firmware.coffee import TOKEN, buy


@pytest.fixture
def road(coffee_road):
    return coffee_road


@pytest.fixture
def stand(coffee_stand):
    return coffee_stand


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


def test_a_lost_connection_is_seen_by_who_only_looks_and_its_return_too(stand, road):
    stand.wait_for("Choose a drink")
    road.is_cut = True
    stand.wait_for("No connection.", 65000)
    assert "Terminal" in stand.screen
    road.is_cut = False
    stand.wait_for("Choose a drink", 20000)


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
