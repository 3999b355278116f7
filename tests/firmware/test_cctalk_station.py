"""A coin station on a ccTalk acceptor that has its own power: each coin is credited once, whoever fails."""

import random

import pytest
from drivers.cctalk import CcTalkLine
from drivers.cctalk_coin import CcTalkCoin

from terminal_sim.chips.cctalk_acceptor import CcTalkAcceptor
from tests.firmware.flash import FlashFiles, Power, PowerCut
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.stands import Stand
from tests.firmware.world import World, no_beat
from tests.terminal_sim.chips.microcontroller import OneWireUart

ANNA = "04A1B2C3D4E5F6"
BEN = "04B1B2C3D4E5F6"


class CcTalkStand(Stand):
    """A station whose slot is the real driver, behind the wire of the world's acceptor."""

    def _build(self, device):
        uart = OneWireUart(self.world.timeline, self.world.acceptor)
        self.slot = CcTalkCoin(CcTalkLine(uart), self.config)
        super()._build(device)

    def power_on(self):
        """Start the tasks, and wait until the acceptor is known."""
        self.world.start(self.slot.run(self.device, no_beat))
        super().power_on().world.pass_ms(2500)
        return self


class Site:
    """What survives a power cut of the device: flash, ledger and the acceptor."""

    def __init__(self, world):
        self.world = world
        world.acceptor = CcTalkAcceptor(world.timeline)
        self.power = Power()
        self.flash = FlashFiles(power=self.power)
        self.road = Road(LedgerInMemory(permission="credit"))
        self.road.power = self.power
        self.road.ledger.balances.update({ANNA: 0, BEN: 0})
        self.stand = None

    @property
    def acceptor(self):
        return self.world.acceptor

    @property
    def credited(self):
        return self.road.ledger.balances[ANNA]

    def power_on(self):
        self.flash.power_returns()
        self.stand = CcTalkStand("coin_station", self.flash, self.road, world=self.world).power_on()
        return self.stand

    def power_off(self):
        self.power.is_on = False
        self.world.stop()

    def restart(self, after_ms=0):
        self.power_off()
        self.world.pass_ms(after_ms)
        return self.power_on()

    def open_session(self, token=ANNA):
        self.stand.tap(token)
        self.stand.wait_for("Insert coins now")
        self.world.pass_until(lambda: self.acceptor.takes("EU050A"), 3000)

    def insert(self, *cents):
        for each in cents:
            assert self.acceptor.insert(each)
            self.world.pass_ms(600)

    def till_cents(self):
        """Return what fell into the box and could be asked for."""
        return self.acceptor.till.accepted_cents - self.acceptor.till.unread_cents


@pytest.fixture
def site(world):
    made = Site(world)
    made.power_on()
    return made


def test_three_coins_are_credited_and_the_slot_closes_with_the_session(site):
    assert not site.acceptor.takes("EU050A")
    site.open_session()
    site.insert(50, 20, 200)
    site.stand.wait_for("2.70 EUR credited Balance 2.70 EUR")
    site.stand.wait_for("Hold your token", 40000)
    site.world.pass_ms(1000)
    assert not site.acceptor.takes("EU050A")


@pytest.mark.usefixtures("long_file_alone")
def test_counter_and_credit_are_one_line_on_flash_before_the_ledger_hears_of_it(site):
    site.open_session()
    before = len(site.flash.contents["journal"])
    site.road.is_cut = True
    site.insert(50)
    lines = site.flash.contents["journal"][before:].splitlines()
    assert len(lines) == 1
    assert b'"coin","04A1B2C3D4E5F6",50,"01030100' in lines[0]


def test_a_coin_that_fell_while_the_device_was_dead_is_credited_to_the_token_of_the_session(site):
    site.open_session()
    site.insert(20)
    site.power_off()
    site.insert(50, 100)
    site.power_on()
    site.world.pass_ms(3000)
    assert site.credited == 170
    assert site.stand.journal.remarkable == []


def test_who_comes_first_after_a_power_cut_gets_nothing_of_what_fell_before(site):
    site.open_session()
    site.insert(20)
    site.power_off()
    site.insert(50)
    site.flash.power_returns()
    site.stand = CcTalkStand("coin_station", site.flash, site.road, world=site.world)
    site.stand.tap(BEN)
    site.stand.power_on()
    site.stand.wait_for("Insert coins now")
    site.world.pass_ms(1000)
    site.insert(10)
    site.world.pass_ms(3000)
    assert (site.credited, site.road.ledger.balances[BEN]) == (70, 10)


def test_no_session_opens_while_the_acceptor_is_silent_and_what_it_has_to_tell_is_its_tokens(site):
    site.open_session()
    site.insert(20)
    site.acceptor.faults.is_mute = True
    site.insert(50)
    site.world.pass_ms(6000)
    site.stand.tap(BEN)
    site.world.pass_ms(25000)
    site.stand.wait_for("the coin acceptor does not answer")
    site.acceptor.faults.is_mute = False
    site.world.pass_ms(8000)
    assert (site.credited, site.road.ledger.balances[BEN]) == (70, 0)
    site.open_session(BEN)


def test_lost_coins_are_out_of_order_until_somebody_comes_and_nothing_is_booked(site):
    site.open_session()
    site.insert(20)
    site.power_off()
    site.insert(*[10] * 6)
    stand = site.power_on()
    stand.wait_for("coins were not counted")
    assert not site.acceptor.takes("EU050A")
    assert site.credited == 20
    assert [record.note for record in stand.journal.remarkable] == ["6 events, coins lost"]
    site.restart()
    site.open_session()
    site.insert(50)
    site.world.pass_ms(2000)
    assert site.credited == 70


def test_nothing_is_credited_that_is_not_on_flash_and_the_slot_closes(site):
    site.open_session()
    site.flash.is_full = True
    site.insert(50)
    site.world.pass_ms(3000)
    assert site.credited == 0
    assert not site.acceptor.takes("EU050A")
    site.flash.is_full = False
    site.world.pass_ms(10000)
    assert site.credited == 50
    site.restart()
    site.world.pass_ms(5000)
    assert site.credited == 50


def test_a_wiped_flash_credits_nothing_and_tells_people(site):
    site.open_session()
    site.insert(50)
    site.power_off()
    site.flash.contents.clear()
    stand = site.power_on()
    site.world.pass_ms(3000)
    assert site.credited == 50
    assert [record.note for record in stand.journal.remarkable] == ["counter 1 was not known"]


@pytest.mark.usefixtures("long_file_alone")
def test_a_journal_damaged_in_its_middle_credits_no_coin_a_second_time(site):
    site.open_session()
    site.insert(50, 20)
    site.world.pass_ms(2000)
    site.power_off()
    data = bytearray(site.flash.contents["journal"])
    data[data.index(b'"coin",') + 2] ^= 1
    site.flash.contents["journal"] = bytes(data)
    stand = site.power_on()
    site.world.pass_ms(3000)
    assert site.credited == 70
    assert [record.note for record in stand.journal.remarkable] == ["counter 2 was not known"]


@pytest.mark.usefixtures("long_file_alone")
def test_the_mark_outlives_a_rotation_of_the_journal(site):
    site.open_session()
    site.insert(*[10] * 3)
    site.world.pass_ms(2000)
    site.world.call(site.stand.journal._rotate)
    assert site.flash.contents["journal"].count(b"\n") == 1
    site.power_off()
    site.insert(50)
    site.power_on()
    site.world.pass_ms(3000)
    assert site.credited == 80


def two_coins(site):
    site.stand.tap(ANNA)
    site.world.pass_ms(2000)
    for cents in (50, 20):
        site.acceptor.insert(cents)
        site.world.pass_ms(1500)


def test_a_power_cut_at_any_byte_loses_and_doubles_no_coin():
    with World() as world:
        site = Site(world)
        site.power_on()
        used = site.flash.units_used
        two_coins(site)
        total = site.flash.units_used - used
    assert total > 250
    for units in range(0, total, 19):
        with World() as world:
            site = Site(world)
            site.power_on()
            site.flash.units_left = units
            with pytest.raises(PowerCut):
                two_coins(site)
                world.pass_ms(3000)
            site.restart().world.pass_ms(20000)
            assert site.credited == site.till_cents(), units
            assert site.stand.journal.remarkable == []


@pytest.mark.parametrize("seed", range(8))
def test_cuts_of_device_network_and_acceptor_at_random_credit_each_coin_once(seed):
    dice = random.Random(seed)
    with World() as world:
        site = Site(world)
        site.power_on()
        for _ in range(12):
            disturb(site, dice)
        site.road.is_cut = False
        site.restart().world.pass_ms(120000)
        assert site.credited == site.till_cents() > 0
        assert site.stand.journal.open_records == site.stand.journal.remarkable == []


def disturb(site, dice):
    """Let a person insert two coins while one thing happens."""
    event = dice.choice(("cut", "cut", "network", "reset", "nothing"))
    site.flash.units_left = dice.randint(1, 400) if event == "cut" else None
    site.road.is_cut = event == "network"
    try:
        site.stand.tap(ANNA)
        site.world.pass_ms(dice.randint(1500, 3000))
        for _ in range(2):
            site.acceptor.insert(dice.choice((5, 10, 20, 50, 100, 200)))
            site.world.pass_ms(dice.randint(0, 1500))
            if event == "reset":
                site.acceptor.reset()
                site.world.pass_ms(dice.randint(0, 4000))
    except PowerCut:
        site.restart(after_ms=dice.randint(0, 5000))
    site.flash.units_left = None
