"""The coin station: every coin that was taken is credited once, to the right token, or noted for people."""

import pytest
from journal import records

from tests.firmware.flash import FlashFiles
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.stands import Stand

TOKEN = "04A1B2C3D4E5F6"
OTHER = "04B1B2C3D4E5F6"


@pytest.fixture
def road():
    ledger = LedgerInMemory(permission="credit")
    ledger.balances.update({TOKEN: 100, OTHER: 0})
    return Road(ledger)


@pytest.fixture
def stand(road):
    made = Stand("coin_station", FlashFiles(), road).power_on()
    yield made
    made.power_off()


def open_session(stand, token=TOKEN):
    stand.tap(token)
    stand.wait_for("Insert coins now")


def test_the_slot_is_open_only_during_a_session(stand):
    assert not stand.slot.is_accepting
    open_session(stand)
    stand.wait_for("Balance 1.00 EUR")
    stand.world.pass_ms(20)
    assert stand.slot.is_accepting
    stand.wait_for("Hold your token", 31000)
    assert not stand.slot.is_accepting


def test_three_coins_are_credited_and_the_balance_is_shown(stand, road):
    open_session(stand)
    for cents in (50, 20, 200):
        stand.coin(cents)
        stand.world.pass_ms(600)
    stand.wait_for("2.70 EUR credited Balance 3.70 EUR")
    assert road.ledger.balances[TOKEN] == 370
    assert len(set(road.posts())) == 3


def test_a_coin_is_on_flash_before_the_ledger_hears_of_it(stand, road):
    open_session(stand)
    stand.coin(50)
    (record,) = stand.journal.open_records
    assert record.is_durable
    assert (record.token, record.cents, record.kind) == (TOKEN, 50, records.COIN)


def test_the_first_pulse_of_a_coin_is_on_flash_and_the_whole_coin_takes_its_place(stand, road):
    open_session(stand)
    stand.world.call(stand.device.on_counting)
    (begun,) = stand.journal.open_records
    assert begun.is_durable
    assert (begun.token, begun.cents, begun.kind) == (TOKEN, None, records.COUNTING)
    stand.world.pass_ms(6000)
    assert road.posts() == []
    stand.world.call(stand.device.on_coin, 200)
    (record,) = stand.journal.open_records
    assert (record.key, record.cents, record.kind) == (begun.key, 200, records.COIN)
    stand.world.pass_ms(2000)
    assert list(road.ledger.postings) == [begun.key]
    assert stand.journal.remarkable == []


@pytest.mark.usefixtures("long_file_alone")
def test_a_coin_costs_the_flash_three_lines(stand):
    open_session(stand)
    before = len(stand.flash.contents["journal"])
    stand.coin(50)
    stand.world.pass_ms(2000)
    written = stand.flash.contents["journal"][before:]
    assert written.count(b"\n") == 3


def test_a_coin_that_had_no_time_for_its_first_line_is_credited_all_the_same(stand, road):
    open_session(stand)
    stand.world.call(stand.device.on_coin, 50)
    stand.world.pass_ms(2000)
    assert road.ledger.balances[TOKEN] == 150


def test_a_coin_belongs_to_the_token_of_its_first_pulse(stand, road):
    open_session(stand)
    stand.world.call(stand.device.on_counting)
    # The line has not come to rest for so long that the next person is let in.
    stand.slot.quiet = 0
    stand.tap(OTHER)
    stand.wait_for("Balance 0.00 EUR")
    stand.world.call(stand.device.on_coin, 50)
    stand.wait_for("Hold your token", 40000)
    assert (road.ledger.balances[TOKEN], road.ledger.balances[OTHER]) == (150, 0)
    assert not any("0.50 EUR" in shown for shown in stand.screen.history)


def test_a_coin_is_counted_on_while_the_device_starts_again_after_a_failure(stand, road):
    open_session(stand)
    stand.world.call(stand.device.on_counting)
    stand.world.stop()
    stand.power_on().world.pass_ms(6000)
    stand.world.call(stand.device.on_coin, 50)
    stand.world.pass_ms(6000)
    assert road.ledger.balances[TOKEN] == 150
    assert stand.journal.remarkable == []


def test_a_coin_that_begins_when_the_flash_refuses_is_kept_in_memory_and_credited(stand, road):
    open_session(stand)
    stand.flash.is_full = True
    stand.coin(50)
    (record,) = stand.journal.open_records
    assert not record.is_durable
    stand.flash.is_full = False
    stand.world.pass_ms(20000)
    assert road.ledger.balances[TOKEN] == 150


def test_a_coin_keeps_the_session_open(stand):
    open_session(stand)
    stand.world.pass_ms(25000)
    stand.coin(50)
    stand.world.pass_ms(25000)
    assert stand.slot.is_accepting


def test_coins_are_credited_in_order_with_their_keys_when_the_ledger_is_back(stand, road):
    open_session(stand)
    road.is_cut = True
    for cents in (50, 20, 200):
        stand.coin(cents)
        stand.world.pass_ms(600)
    keys = [record.key for record in stand.journal.open_records]
    stand.wait_for("2.70 EUR received. It is credited when", 60000)
    road.is_cut = False
    stand.world.pass_ms(60000)
    assert road.ledger.balances[TOKEN] == 370
    assert list(road.ledger.postings) == keys


@pytest.mark.parametrize(
    "trouble",
    [
        "lost_answer",
        "lost_request",
        (500, b""),
        (200, b"garbage"),
        (429, b"{}"),
        (403, b'{"message":"Forbidden"}'),
    ],
)
def test_a_coin_in_doubt_is_sent_again_and_credited_once(stand, road, trouble):
    open_session(stand)
    road.troubles.append(trouble)
    stand.coin(50)
    stand.world.pass_ms(30000)
    first, second = road.posts()
    assert first == second
    assert road.ledger.balances[TOKEN] == 150


def test_a_coin_that_falls_after_the_session_belongs_to_its_token(stand, road):
    open_session(stand)
    stand.wait_for("Hold your token", 31000)
    stand.coin(50)
    stand.world.pass_ms(2000)
    assert road.ledger.balances[TOKEN] == 150


def test_the_next_persons_session_waits_until_the_coins_before_it_are_counted(stand, road):
    open_session(stand)
    stand.slot.quiet = 0
    stand.tap(OTHER)
    stand.world.pass_ms(700)
    assert not stand.slot.is_accepting
    stand.coin(50)
    stand.slot.quiet = 2000
    stand.wait_for("Balance 0.00 EUR")
    stand.coin(20)
    stand.world.pass_ms(2000)
    assert (road.ledger.balances[TOKEN], road.ledger.balances[OTHER]) == (150, 20)


def test_a_token_without_a_wallet_opens_no_session(stand):
    stand.tap("04FFFFFFFFFFFF")
    stand.wait_for("Token not known")
    stand.world.pass_ms(1000)
    assert not stand.slot.is_accepting


def test_a_refused_terminal_closes_the_slot_and_keeps_the_coin(stand, road):
    open_session(stand)
    road.ledger.knows_terminal = False
    stand.coin(50)
    stand.world.pass_ms(2000)
    assert not stand.slot.is_accepting
    road.ledger.knows_terminal = True
    stand.world.pass_ms(90000)
    assert road.ledger.balances[TOKEN] == 150


def test_a_coin_for_a_token_that_was_unpaired_waits_and_holds_nobody_else_up(stand, road):
    open_session(stand)
    balance = road.ledger.balances.pop(TOKEN)
    stand.coin(50)
    stand.world.pass_ms(2000)
    open_session(stand, OTHER)
    stand.coin(20)
    stand.world.pass_ms(3000)
    assert road.ledger.balances[OTHER] == 20
    road.ledger.balances[TOKEN] = balance
    stand.world.pass_ms(90000)
    assert road.ledger.balances[TOKEN] == 150


def test_a_coin_that_is_refused_for_a_moment_is_not_overtaken_by_the_next_one(stand, road):
    open_session(stand)
    road.troubles.append((404, b'{"message":"m","code":"token_not_paired"}'))
    stand.coin(50)
    stand.coin(20)
    keys = [record.key for record in stand.journal.open_records]
    stand.world.pass_ms(60000)
    assert list(road.ledger.postings) == keys


def test_a_coin_of_unknown_worth_is_noted_and_never_rounded(stand, road):
    open_session(stand)
    stand.world.call(stand.device.on_unknown_coin, 110, "no coin has 11 pulses")
    stand.wait_for("not recognised")
    stand.world.pass_ms(5000)
    assert road.posts() == []
    (record,) = stand.journal.remarkable
    assert (record.cents, record.token, record.note) == (110, TOKEN, "no coin has 11 pulses")


def test_a_coin_without_any_token_is_noted(stand, road):
    stand.coin(50)
    stand.world.pass_ms(5000)
    assert road.posts() == []
    assert [record.note for record in stand.journal.remarkable] == ["no token"]


def test_a_journal_that_is_nearly_full_closes_the_slot_before_a_coin_is_lost(stand, road):
    open_session(stand)
    road.is_cut = True
    inserted = 0
    while stand.slot.is_accepting:
        stand.coin(10)
        inserted += 1
        stand.world.pass_ms(100)
        assert inserted < 100
    for _ in range(3):
        stand.coin(10)
    road.is_cut = False
    stand.world.pass_ms(120000)
    assert road.ledger.balances[TOKEN] == 100 + 10 * (inserted + 3)


def test_a_stuck_line_is_out_of_order_until_it_is_free(stand):
    open_session(stand)
    stand.world.call(stand.device.on_stuck, True)
    stand.wait_for("coin slot is stuck")
    assert not stand.slot.is_accepting
    stand.tap(TOKEN)
    stand.world.pass_ms(3000)
    assert not stand.slot.is_accepting
    stand.world.call(stand.device.on_stuck, False)
    stand.wait_for("Hold your token")
    open_session(stand)


def test_a_terminal_that_may_only_debit_takes_no_coins(road):
    road.ledger.permission = "debit"
    stand = Stand("coin_station", FlashFiles(), road).power_on()
    stand.tap(TOKEN)
    stand.wait_for("may not do that")
    assert not stand.slot.is_accepting
    stand.power_off()
