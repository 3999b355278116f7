"""The pulse acceptor's driver against the acceptor itself: widths, gaps, noise, bursts and a stuck line."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal_sim.chips.pulse_acceptor import PulseProfile
from tests.firmware.slots import Slot
from tests.firmware.world import World


@pytest.fixture
def slot(world):
    return Slot(world).ready()


@pytest.mark.parametrize("cents", [10, 20, 50, 100, 200])
def test_each_coin_is_counted(world, slot, cents):
    assert slot.acceptor.insert(cents)
    world.pass_ms(5000)
    assert slot.coins == [cents]
    assert slot.unknown == []


def test_coins_one_after_the_other_stay_apart(world, slot):
    for cents in (50, 10, 200):
        slot.acceptor.insert(cents)
    world.pass_ms(10000)
    assert slot.coins == [50, 10, 200]


def test_a_coin_is_told_within_a_third_of_a_second_after_its_last_pulse(world, slot):
    slot.acceptor.insert(10)
    world.pass_ms(150 + 50 + 330)
    assert slot.coins == [10]


@pytest.mark.parametrize("width_ms", [25, 45, 65, 100])
@pytest.mark.parametrize("percent", [81, 100, 119])
def test_each_usual_width_counts_within_its_tolerance(world, width_ms, percent):
    profile = PulseProfile(width_us=width_ms * 10 * percent)
    slot = Slot(world, profile, width_ms).ready()
    slot.acceptor.insert(50)
    world.pass_ms(5000)
    assert slot.coins == [50]


@pytest.mark.parametrize("width_ms", [30, 39, 61, 90])
def test_a_pulse_out_of_tolerance_makes_the_coin_unknown(world, slot, width_ms):
    slot.acceptor.faults.pulse_width(width_ms * 1000)
    slot.acceptor.insert(50)
    world.pass_ms(5000)
    assert slot.coins == []
    assert slot.unknown == [(50, f"pulse of {width_ms} ms")]


def test_noise_is_no_coin_also_between_two_pulses(world, slot):
    slot.acceptor.noise(19_000, pulses=5)
    slot.acceptor.insert(50)
    world.pass_ms(230)
    slot.acceptor.noise(5_000, pulses=2)
    world.pass_ms(5000)
    assert slot.coins == [50]
    assert slot.unknown == []


@pytest.mark.parametrize("width_us", [500, 5_000, 19_000])
def test_a_minute_of_noise_is_no_coin_and_is_said_and_over_when_it_ends(world, slot, width_us, capsys):
    slot.acceptor.noise(width_us, pulses=60_000_000 // (2 * width_us + 5_000), gap_us=width_us + 5_000)
    world.pass_ms(60_000)
    assert "health: coin line: noise on its wires" in capsys.readouterr().out
    world.pass_ms(5_000)
    assert "health: coin line recovered after " in capsys.readouterr().out
    slot.acceptor.insert(50)
    world.pass_ms(5000)
    assert slot.coins == [50]
    assert slot.unknown == []


@pytest.mark.parametrize(("cents", "extra"), [(100, 1), (50, -1), (200, -9)])
def test_a_total_that_no_coin_has_is_unknown_and_not_rounded(world, slot, cents, extra):
    slot.acceptor.faults.extra_pulses = extra
    slot.acceptor.insert(cents)
    world.pass_ms(6000)
    pulses = cents // 10 + extra
    assert slot.coins == []
    assert slot.unknown == [(10 * pulses, f"no coin has {pulses} pulses")]


def test_the_burst_at_power_up_is_no_coin_and_the_slot_stays_closed_meanwhile(world):
    slot = Slot(world)
    slot.acceptor.power(False)
    slot.acceptor.faults.burst_at_power_up = 5
    slot.power_on()
    slot.acceptor.power(True)
    world.pass_ms(1400)
    assert slot.acceptor.inhibited
    world.pass_ms(2000)
    assert not slot.acceptor.inhibited
    slot.acceptor.insert(20)
    world.pass_ms(3000)
    assert slot.coins == [20]
    assert slot.unknown == slot.stuck == []


@pytest.mark.parametrize("after_ms", range(1380, 1520, 10))
def test_a_pulse_just_before_the_line_has_rested_is_no_coin(world, after_ms):
    slot = Slot(world).power_on()
    world.pass_ms(after_ms)
    world.call(slot.acceptor.noise, 50_000)
    is_open = not slot.acceptor.inhibited
    world.pass_ms(4000)
    assert slot.unknown == []
    assert slot.coins == ([10] if is_open else [])


def test_the_slot_opens_and_closes_as_asked(world, slot):
    assert not slot.acceptor.inhibited
    slot.driver.accept(False)
    assert slot.acceptor.inhibited
    assert not slot.acceptor.insert(50)


def test_a_coin_taken_before_the_slot_closes_still_counts(world, slot):
    slot.acceptor.insert(50)
    slot.driver.accept(False)
    world.pass_ms(3000)
    assert slot.coins == [50]


def test_a_stuck_line_alarms_and_closes_the_slot_until_it_is_free(world, slot):
    world.call(slot.acceptor.stick)
    world.pass_ms(2500)
    assert slot.stuck == [True]
    assert slot.acceptor.inhibited
    # Longer than the microsecond ticks take to come round.
    world.pass_ms(1200_000)
    world.call(slot.acceptor.unstick)
    world.pass_ms(3000)
    assert slot.stuck == [True, False]
    assert not slot.acceptor.inhibited
    slot.acceptor.insert(10)
    world.pass_ms(3000)
    assert slot.coins == [10]
    assert slot.unknown == []


def test_a_line_that_sticks_within_a_coin_makes_it_unknown(world, slot):
    slot.acceptor.insert(50)
    world.pass_ms(420)
    world.call(slot.acceptor.stick)
    world.pass_ms(3000)
    assert slot.coins == []
    ((cents, why),) = slot.unknown
    assert (cents, why) == (20, "line stuck")


def test_a_line_that_is_stuck_from_the_start_alarms(world):
    slot = Slot(world)
    world.call(slot.acceptor.stick)
    slot.power_on()
    world.pass_ms(8000)
    assert slot.stuck == [True]
    assert slot.acceptor.inhibited


def test_edges_that_did_not_fit_make_the_coin_unknown(world, slot):
    slot.acceptor.insert(50)
    world.pass_ms(300)
    slot.driver.discards += 1
    world.pass_ms(3000)
    assert slot.coins == []
    assert slot.unknown == [(50, "1 edges lost")]


def test_more_edges_than_the_ring_holds_make_no_money_and_spoil_no_later_coin(world, slot):
    slot.acceptor.noise(100, pulses=400, gap_us=20)
    world.pass_ms(3000)
    assert slot.coins == slot.unknown == []
    slot.acceptor.insert(50)
    world.pass_ms(3000)
    assert slot.coins == [50]
    assert slot.unknown == []


def test_the_interrupt_handler_stores_into_what_exists(slot):
    ticks, levels = slot.driver._ticks_us, slot.driver._levels
    size = (len(ticks), len(levels))
    for _ in range(500):
        slot.world.call(slot.driver._on_edge, SimpleNamespace(value=lambda: 1))
    assert slot.driver._ticks_us is ticks
    assert slot.driver._levels is levels
    assert (len(ticks), len(levels)) == size


@settings(max_examples=25)
@given(
    coins=st.lists(st.sampled_from([10, 20, 50, 100, 200]), max_size=4),
    jitter=st.randoms(use_true_random=False),
)
def test_any_coins_with_any_tolerated_jitter_are_counted_right(coins, jitter):
    profile = PulseProfile(jitter=lambda nominal_us: nominal_us * jitter.randint(82, 118) // 100)
    with World() as world:
        slot = Slot(world, profile).ready()
        for cents in coins:
            slot.acceptor.insert(cents)
        world.pass_ms(3000 + 4500 * len(coins))
        assert (slot.coins, slot.unknown, slot.stuck) == (coins, [], [])
