"""Selling without a connection: within the ledger's grant only, and settled by the same keys to the cent."""

import pytest
from devices.offline import Allowance
from journal import records

from tests.firmware.coffee import TOKEN, buy
from tests.firmware.test_power_cuts import AFTERWARDS_MS, Site

GRANT = {"per_token": 75, "in_sum": 200, "count": 5, "hours": 200}
TOKENS = [f"04{number:012X}" for number in range(1, 6)]
HOUR_MS = 3600000


@pytest.fixture
def road(coffee_road):
    coffee_road.ledger.offline = dict(GRANT)
    for token in TOKENS:
        coffee_road.ledger.balances[token] = 500
    return coffee_road


@pytest.fixture
def stand(road, coffee_stand):
    coffee_stand.wait_for("Choose a drink")
    return coffee_stand


def go_offline(stand):
    stand.road.is_cut = True
    # A balance that nobody answers shows the device at once that nobody hears it.
    stand.tap(TOKEN)
    stand.world.pass_ms(6000)
    assert "No connection" in stand.screen


def sell(stand, token=TOKEN, button=0):
    """Buy, and tell whether a cup came."""
    before = stand.relay_pin.closures
    buy(stand, token, button)
    stand.world.pass_ms(6000)
    return stand.relay_pin.closures > before


def test_without_a_grant_nothing_is_sold_offline(stand, road):
    road.ledger.offline = None
    stand.world.pass_ms(65000)
    go_offline(stand)
    buy(stand)
    stand.wait_for("Nothing was booked", 30000)
    assert stand.relay_pin.closures == 0


def test_with_a_grant_the_cup_comes_and_is_charged_when_the_ledger_is_back(stand, road):
    go_offline(stand)
    buy(stand)
    stand.wait_for("Enjoy your Espresso! No connection: it is charged later.")
    assert stand.relay_pin.closures == 1
    assert road.ledger.balances[TOKEN] == 100
    road.is_cut = False
    stand.world.pass_ms(60000)
    assert road.ledger.balances[TOKEN] == 75
    assert not stand.journal.open_records
    assert not stand.journal.remarkable


@pytest.mark.parametrize(
    ("limits", "cups"),
    [
        ({"per_token": 50}, 2),
        ({"per_token": 500, "in_sum": 60}, 2),
        ({"per_token": 500, "in_sum": 500, "count": 3}, 3),
        ({"per_token": 0}, 0),
        ({"count": 0}, 0),
        ({"hours": 0}, 0),
    ],
)
def test_each_limit_ends_it(stand, road, limits, cups):
    road.ledger.offline = {**GRANT, **limits}
    stand.world.pass_ms(65000)
    go_offline(stand)
    assert [sell(stand) for _ in range(5)].count(True) == cups
    stand.world.pass_ms(30000)
    assert sum(record.cents for record in stand.journal.open_records) == 25 * cups


def test_another_token_has_a_limit_of_its_own_but_shares_the_sum(stand):
    go_offline(stand)
    assert [sell(stand, token) for token in TOKENS for _ in range(3)].count(True) == 5


def test_a_grant_is_over_when_the_ledger_was_not_heard_for_its_hours(stand, road):
    road.ledger.offline = {**GRANT, "hours": 2}
    stand.world.pass_ms(65000)
    go_offline(stand)
    stand.world.pass_ms(HOUR_MS // 10)
    stand.world.timeline.advance(HOUR_MS * 1500)
    assert sell(stand)
    stand.world.timeline.advance(HOUR_MS * 500)
    assert not sell(stand)
    assert stand.relay_pin.closures == 1


def test_a_grant_that_is_taken_back_is_over_with_the_next_answer(stand, road):
    road.ledger.offline = None
    stand.world.pass_ms(65000)
    go_offline(stand)
    assert not sell(stand)


@pytest.mark.parametrize("trouble", ["lost_answer", "lost_request"])
def test_what_was_sent_and_not_answered_is_charged_once_by_its_key(stand, road, trouble):
    road.troubles.extend([trouble])
    stand.device.on_press(0)
    stand.world.pass_ms(50)
    # As after a request that nobody has answered, a moment ago.
    stand.device._ledger.link = stand.device._ledger.LINK_DOWN
    stand.tap(TOKEN)
    stand.wait_for("it is charged later", 30000)
    stand.world.pass_ms(90000)
    assert stand.relay_pin.closures == 1
    assert road.ledger.balances[TOKEN] == 75
    assert not stand.journal.open_records


def test_a_ledger_that_says_no_is_not_gone_around(stand, road):
    road.ledger.balances[TOKEN] = 10
    stand.device.on_press(0)
    stand.world.pass_ms(50)
    stand.device._ledger.link = stand.device._ledger.LINK_DOWN
    stand.tap(TOKEN)
    stand.wait_for("Not enough money", 30000)
    assert stand.relay_pin.closures == 0


def test_after_a_week_offline_all_is_settled_in_order_without_a_lost_or_doubled_cent(stand, road):
    road.ledger.offline = {"per_token": 500, "in_sum": 10000, "count": 25, "hours": 200}
    stand.world.pass_ms(65000)
    go_offline(stand)
    sold = []
    for day in range(7):
        for token in TOKENS[:4]:
            if sell(stand, token, day % 2):
                sold.append((token, 50 if day % 2 else 25))
        # The rest of the day in one step; nobody is there, and nobody hears what the device asks.
        stand.world.timeline.advance(23 * HOUR_MS * 1000)
        stand.world.pass_ms(20000)
    assert len(sold) == 25
    keys = [record.key for record in stand.journal.open_records]
    road.troubles.extend(["lost_answer", "lost_request", (500, b"oops")])
    road.is_cut = False
    stand.world.pass_ms(300000)
    for token in TOKENS:
        spent_cents = sum(cents for owner, cents in sold if owner == token)
        assert road.ledger.balances[token] == 500 - spent_cents
    assert list(road.ledger.postings) == keys
    assert not stand.journal.open_records
    assert not stand.journal.remarkable


def test_what_the_ledger_refuses_later_is_remarkable_and_told_to_the_console(stand, road, capsys):
    go_offline(stand)
    assert sell(stand)
    assert sell(stand, TOKENS[0])
    road.ledger.balances[TOKEN] = 10
    road.is_cut = False
    stand.world.pass_ms(90000)
    (record,) = stand.journal.remarkable
    assert (record.token, record.cents, record.state) == (TOKEN, 25, records.REFUSED)
    assert record.note == "sold offline, refused: insufficient_balance"
    assert f"25 cents of {TOKEN} are not paid" in capsys.readouterr().out
    assert road.ledger.balances[TOKENS[0]] == 475
    assert not stand.journal.open_records


def test_a_terminal_that_was_rolled_meanwhile_keeps_what_is_owed(stand, road):
    go_offline(stand)
    assert sell(stand)
    road.ledger.knows_terminal = False
    road.is_cut = False
    stand.world.pass_ms(60000)
    assert [record.state for record in stand.journal.open_records] == [records.DUE]
    road.ledger.knows_terminal = True
    stand.world.pass_ms(120000)
    assert road.ledger.balances[TOKEN] == 75


@pytest.mark.parametrize(
    "grant", [None, {}, [], {"per_token": 1}, {**GRANT, "hours": "200"}, {**GRANT, "count": True}, "yes"]
)
def test_what_is_no_grant_allows_nothing(world, grant):
    allowance = world.call(Allowance)
    world.call(allowance.renew, grant)
    record = records.Record(1, "k", records.VEND, TOKEN, 1)
    assert not world.call(allowance.allows, record, [])


def offline_site():
    site = Site("coffee_machine")
    site.road.ledger.offline = dict(GRANT)
    stand = site.power_on()
    stand.wait_for("Choose a drink")
    go_offline(stand)
    return site


def buy_and_wait(stand):
    buy(stand)
    stand.world.pass_ms(3000)


def test_a_power_cut_at_each_byte_of_an_offline_sale_never_costs_twice_and_never_gives_a_free_cup():
    site = offline_site()
    before = site.flash.units_used
    site.cut_during(buy_and_wait)
    total = site.flash.units_used - before
    assert total > 100
    outcomes = set()
    for units in range(0, total, 3):
        site = offline_site()
        site.flash.units_left = units
        assert site.cut_during(buy_and_wait)
        site.road.is_cut = False
        stand = site.power_on()
        stand.world.pass_ms(15000)
        cups, cents = site.relay_pin.closures, -site.road.ledger.booked_cents(TOKEN)
        outcomes.add((cups, cents))
        assert cents in (0, 25)
        assert cups * 25 <= cents, "coffee without a debit"
        if cents and not cups:
            assert [record.note for record in stand.journal.remarkable] == ["power failed during delivery"]
        assert not stand.journal.open_records
        stand.power_off()
    assert {(0, 0), (1, 25)} <= outcomes


def test_a_device_that_starts_without_a_connection_sells_nothing_but_keeps_what_is_owed():
    site = offline_site()
    site.cut_during(buy_and_wait)
    stand = site.power_on()
    assert not sell(stand)
    assert [record.state for record in stand.journal.open_records] == [records.DUE]
    site.road.is_cut = False
    stand.world.pass_ms(AFTERWARDS_MS)
    assert site.road.ledger.balances[TOKEN] == 75
    stand.power_off()
