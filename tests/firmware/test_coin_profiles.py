"""Pulse acceptors by profile: each as config.json names it, against one that behaves like it."""

import pytest
from system import config as configuration
from system.config import ConfigError

from terminal_sim.chips.pulse_profiles import profile_of
from tests.firmware.slots import Slot
from tests.firmware.stands import SETTINGS

PROFILES = ("pulse", "ch926", "dg600f", "hx916")
FED = ("ch926", "hx916")


def config_of(name, **settings):
    return configuration.check({**SETTINGS, "device": "coin_station", "coin_acceptor": name, **settings})


def slot_of(world, name, **settings):
    """Return a slot with this acceptor, its driver ready for coins."""
    slot = Slot(world, profile_of(name, **settings))
    slot.profile = config_of(name, **settings)
    slot.ready().world.pass_ms(3000)
    return slot


each_profile = pytest.mark.parametrize("name", PROFILES)


@each_profile
def test_each_coin_of_each_acceptor_is_counted_and_its_burst_is_not(world, name):
    slot = slot_of(world, name)
    for cents in (10, 50, 200):
        assert slot.acceptor.insert(cents)
        world.pass_ms(5000)
    assert (slot.coins, slot.unknown, slot.stuck) == ([10, 50, 200], [], [])


@pytest.mark.parametrize("name", ["pulse", "dg600f"])
def test_an_acceptor_whose_contact_is_normally_closed_pulses_high(world, name):
    slot = slot_of(world, name, pulse_level=1)
    slot.acceptor.insert(50)
    world.pass_ms(3000)
    assert (slot.coins, slot.unknown, slot.stuck) == ([50], [], [])


@each_profile
def test_the_inhibit_line_closes_it_whichever_level_does(world, name):
    for level in (0, 1):
        slot = slot_of(world, name, inhibit_level=level)
        assert not slot.acceptor.inhibited
        world.call(slot.driver.accept, False)
        world.pass_ms(3000)
        assert slot.acceptor.inhibited
        world.stop()


@each_profile
def test_a_bouncing_contact_is_counted_once(world, name):
    slot = slot_of(world, name)
    slot.acceptor.faults.bouncing_pulses = 5
    slot.acceptor.insert(50)
    world.pass_ms(3000)
    assert (slot.coins, slot.unknown) == ([50], [])


@each_profile
def test_pulses_that_are_too_short_are_no_money(world, name):
    slot = slot_of(world, name)
    slot.acceptor.faults.pulse_width(12_000, pulses=5)
    slot.acceptor.insert(50)
    world.pass_ms(3000)
    assert (slot.coins, slot.unknown) == ([], [])


@each_profile
def test_a_pulse_too_few_that_was_too_short_makes_another_coin_of_none(world, name):
    slot = slot_of(world, name)
    slot.acceptor.faults.pulse_width(12_000, pulses=1)
    slot.acceptor.insert(50)
    world.pass_ms(3000)
    assert slot.coins == []
    assert [cents for cents, _ in slot.unknown] == [40]


@each_profile
def test_a_stuck_line_alarms_and_closes(world, name):
    slot = slot_of(world, name)
    world.call(slot.acceptor.stick)
    world.pass_ms(4000)
    assert slot.stuck == [True]
    assert slot.acceptor.inhibited


@each_profile
def test_an_acceptor_that_gets_its_supply_later_sends_its_burst_for_nothing(world, name):
    slot = Slot(world, profile_of(name))
    slot.profile = config_of(name)
    slot.acceptor.power(False)
    slot.power_on()
    world.call(slot.acceptor.power, True)
    world.pass_ms(6000)
    assert (slot.coins, slot.unknown) == ([], [])


@pytest.mark.parametrize("name", FED)
def test_an_acceptor_that_is_closed_by_its_supply_keeps_it_until_its_coins_are_counted(world, name):
    slot = slot_of(world, name)
    assert slot.acceptor.insert(200)
    world.call(slot.driver.accept, False)
    world.pass_ms(6000)
    assert slot.coins == [200]
    assert slot.acceptor.inhibited


@pytest.mark.parametrize("name", FED)
def test_a_coin_that_falls_just_before_the_supply_goes_counts_too(world, name):
    slot = slot_of(world, name)
    world.call(slot.driver.accept, False)
    world.pass_ms(100)
    assert slot.acceptor.insert(10)
    world.pass_ms(4000)
    assert slot.coins == [10]


@pytest.mark.parametrize("name", FED)
def test_opening_it_again_and_again_makes_no_money_of_its_bursts(world, name):
    slot = slot_of(world, name)
    for _ in range(4):
        world.call(slot.driver.accept, False)
        world.pass_ms(3000)
        world.call(slot.driver.accept, True)
        world.pass_ms(3000)
    assert (slot.coins, slot.unknown, slot.stuck) == ([], [], [])
    slot.acceptor.insert(50)
    world.pass_ms(3000)
    assert slot.coins == [50]


def test_a_profile_gives_way_to_what_config_json_says():
    assert config_of("dg600f").pulse_width_ms == 45
    assert config_of("dg600f", pulse_width_ms=65).pulse_width_ms == 65
    assert config_of("ch926", inhibit_cuts_supply=0).inhibit_cuts_supply == 0


def test_without_a_profile_the_settings_are_what_they_always_were():
    config = configuration.check({**SETTINGS, "device": "coin_station", "pulse_gap_ms": 120})
    assert (config.coin_acceptor, config.pulse_width_ms, config.pulse_gap_ms) == ("pulse", 50, 120)
    assert (config.pulse_level, config.inhibit_level, config.inhibit_cuts_supply) == (0, 1, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"coin_acceptor": "slot"}, "coin_acceptor: not known"),
        ({"coin_currency": "DEM"}, "coin_currency: not known"),
        ({"inhibit_level": 2}, "inhibit_level: 0..1"),
        ({"coin_acceptor": "ch926", "pulse_level": 1}, "pulse_level: set the acceptor to N.O."),
    ],
)
def test_a_wrong_acceptor_is_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        configuration.check({**SETTINGS, "device": "coin_station", **settings})
