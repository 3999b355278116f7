"""The power fails at each byte and at each moment of a purchase, a coin and a top-up; then it comes back."""

import pytest
from journal import records

from tests.firmware.flash import FlashFiles, Power, PowerCut
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.stands import RelayPin, Stand
from tests.firmware.world import World

TOKEN = "04A1B2C3D4E5F6"
CUT_OFF = "cut off while a coin was counted"
AFTERWARDS_MS = 90000
# What a purchase of a new device makes durable, from the first intent to the outcome; found by running it.
SWEEP_STEP = 3


class Site:
    """What survives a power cut: flash, ledger, and the machine behind the relay."""

    def __init__(self, device):
        self.device = device
        self.power = Power()
        self.flash = FlashFiles(power=self.power)
        self.road = Road(LedgerInMemory())
        self.road.power = self.power
        self.road.ledger.balances[TOKEN] = 100
        self.relay_pin = RelayPin(self.power)
        self.stand = None

    def power_on(self):
        """Boot."""
        self.power.is_on = True
        world = World()
        try:
            self.stand = Stand(self.device, self.flash, self.road, self.relay_pin, world).power_on()
        except PowerCut:
            world.close()
            raise
        return self.stand

    def cut_during(self, work):
        """Do something until the power fails, then pull the plug; tells whether it failed by itself."""
        try:
            work(self.stand)
        except PowerCut:
            return True
        finally:
            self.power.is_on = False
            self.flash.units_left = None
            self.stand.power_off()
            self.relay_pin.level = 0
        return False

    def come_back(self):
        """Boot again, and give the device time to settle."""
        stand = self.power_on()
        stand.world.pass_ms(AFTERWARDS_MS)
        return stand


def buy(stand):
    stand.device.on_press(0)
    stand.world.pass_ms(50)
    stand.tap(TOKEN)
    stand.world.pass_ms(3000)


def check_purchase(site, stand):
    cups = site.relay_pin.closures
    debits_cents = -site.road.ledger.booked_cents(TOKEN)
    flagged = [record for record in stand.journal.remarkable if record.state == records.VENDED]
    assert cups <= 1
    assert debits_cents in (0, 25)
    assert cups * 25 <= debits_cents, "coffee without a debit"
    if debits_cents and not cups:
        assert len(flagged) == 1, "a debit without coffee that nobody is told of"
    assert not stand.journal.open_records
    stand.power_off()


def units_of(device, work):
    """Return how many durable steps the work takes on a device that has booted."""
    site = Site(device)
    site.power_on()
    before = site.flash.units_used
    site.cut_during(work)
    return site.flash.units_used - before


def test_a_power_cut_at_each_byte_of_a_purchase_never_costs_twice_and_never_gives_a_free_cup():
    total = units_of("coffee_machine", buy)
    assert total > 150
    for units in range(total):
        site = Site("coffee_machine")
        site.power_on()
        site.flash.units_left = units
        assert site.cut_during(buy)
        check_purchase(site, site.come_back())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_power_cut_while_the_ledger_books_is_settled_to_nothing(moment):
    site = Site("coffee_machine")
    site.power_on()

    setattr(site.road, moment, site.power.cut)
    assert site.cut_during(buy)
    setattr(site.road, moment, lambda: None)
    stand = site.come_back()
    assert site.road.ledger.balances[TOKEN] == 100
    check_purchase(site, stand)


def test_a_power_cut_while_the_relay_is_closed_counts_as_delivered_and_is_flagged():
    site = Site("coffee_machine")
    stand = site.power_on()

    def buy_and_cut(stand):
        stand.device.on_press(0)
        stand.world.pass_ms(50)
        stand.tap(TOKEN)
        stand.world.pass_until(lambda: site.relay_pin.level)
        site.power.cut()

    assert site.cut_during(buy_and_cut)
    stand = site.come_back()
    assert site.relay_pin.closures == 1
    assert site.road.ledger.balances[TOKEN] == 75
    assert [record.note for record in stand.journal.remarkable] == ["power failed during delivery"]
    check_purchase(site, stand)


def test_a_power_cut_at_each_byte_of_the_settling_after_a_power_cut_settles_all_the_same():
    def lose_answers(stand):
        stand.road.troubles.extend(["lost_answer"] * 20)
        stand.device.on_press(0)
        stand.world.pass_ms(50)
        stand.tap(TOKEN)
        stand.world.pass_ms(1000)

    for units in range(0, 260, SWEEP_STEP):
        site = Site("coffee_machine")
        site.power_on()
        site.cut_during(lose_answers)
        site.road.troubles.clear()
        site.flash.units_left = units
        try:
            site.power_on()
            was_cut = site.cut_during(lambda stand: stand.world.pass_ms(20000))
        except PowerCut:
            was_cut, site.flash.units_left = True, None
        stand = site.come_back()
        assert site.road.ledger.balances[TOKEN] == 100
        check_purchase(site, stand)
        if not was_cut:
            return
    raise AssertionError("the sweep did not reach the end of the settling")


def insert_coin(stand):
    stand.tap(TOKEN)
    stand.world.pass_ms(1500)
    stand.coin(50)
    stand.world.pass_ms(3000)


@pytest.mark.usefixtures("long_file_alone")
def test_a_coin_is_credited_once_or_noted_wherever_the_power_fails_after_its_first_line():
    total = units_of("coin_station", insert_coin)
    assert total > 150
    outcomes = []
    for units in range(0, total, SWEEP_STEP):
        site = Site("coin_station")
        site.power_on()
        before = len(site.flash.contents["journal"])
        site.flash.units_left = units
        assert site.cut_during(insert_coin)
        written = site.flash.contents["journal"][before:]
        stand = site.come_back()
        booked_cents = site.road.ledger.booked_cents(TOKEN)
        outcomes.append((booked_cents, [record.note for record in stand.journal.remarkable]))
        # The first line says that a coin is being counted, the second one what it is worth.
        lines = min(written.count(b"\n"), 2)
        assert outcomes[-1] == ((0, []), (0, [CUT_OFF]), (50, []))[lines]
        assert not stand.journal.open_records
        stand.power_off()
    assert outcomes[0] == (0, [])
    assert (0, [CUT_OFF]) in outcomes
    assert outcomes[-1] == (50, [])


def begin_a_coin(stand):
    stand.tap(TOKEN)
    stand.world.pass_ms(1500)
    stand.world.call(stand.device.on_counting)
    # The settlement looks at the journal meanwhile, and leaves the coin alone.
    stand.world.pass_ms(6000)
    assert [record.kind for record in stand.journal.open_records] == [records.COUNTING]


def test_a_power_cut_while_a_coin_is_counted_books_nothing_and_tells_people_whose_coin_it_was():
    site = Site("coin_station")
    site.power_on()
    site.cut_during(begin_a_coin)
    stand = site.come_back()
    (record,) = stand.journal.remarkable
    assert (record.state, record.token, record.cents, record.note) == (records.NOTED, TOKEN, None, CUT_OFF)
    assert site.road.ledger.booked_cents(TOKEN) == 0
    stand.tap(TOKEN)
    stand.world.pass_ms(1500)
    stand.coin(50)
    stand.world.pass_ms(3000)
    assert site.road.ledger.booked_cents(TOKEN) == 50
    stand.power_off()


def test_what_was_cut_off_is_noted_although_the_ledger_is_away():
    site = Site("coin_station")
    site.power_on()

    def insert_without_the_ledger(stand):
        stand.tap(TOKEN)
        stand.world.pass_ms(1500)
        site.road.is_cut = True
        stand.coin(20)
        stand.world.call(stand.device.on_counting)

    site.cut_during(insert_without_the_ledger)
    stand = site.come_back()
    assert [record.note for record in stand.journal.remarkable] == [CUT_OFF]
    assert [record.cents for record in stand.journal.open_records] == [20]
    stand.power_off()


def top_up(stand):
    for key in "500#":
        stand.device.on_key(key)
    stand.world.pass_ms(100)
    stand.tap(TOKEN)
    stand.world.pass_ms(3000)


def test_a_top_up_is_booked_once_or_never_wherever_the_power_fails():
    total = units_of("nfc_terminal", top_up)
    outcomes = set()
    for units in range(0, total, SWEEP_STEP):
        site = Site("nfc_terminal")
        site.power_on()
        site.flash.units_left = units
        assert site.cut_during(top_up)
        stand = site.come_back()
        outcomes.add(site.road.ledger.booked_cents(TOKEN))
        assert not stand.journal.open_records
        stand.power_off()
    assert outcomes == {0, 500}


def test_keys_never_repeat_over_power_cuts_and_a_wiped_flash():
    site = Site("coffee_machine")
    keys = set()
    for is_wiped in (False, False, True, False):
        if is_wiped:
            site.flash.contents.clear()
        stand = site.power_on()
        keys.add(stand.journal.new_record(records.VEND, TOKEN, 25).key)
        site.cut_during(lambda stand: stand.world.pass_ms(10))
    assert len(keys) == 4
