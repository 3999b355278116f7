"""The pulse acceptor's driver against the acceptor itself: widths, gaps, noise, bursts and a stuck line."""

from types import SimpleNamespace

import pytest
from drivers.pulse_coin import PulseCoin
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal_sim.chips.pulse_acceptor import PulseAcceptor, PulseProfile
from tests.firmware.world import World, no_beat
from tests.terminal_sim.chips.microcontroller import FALLING, RISING, Pin

COIN_PIN, INHIBIT_PIN = 18, 19


class Slot:
    """Acceptor, driver and the one who listens."""

    def __init__(self, world, profile=None, width_ms=50):
        self.world = world
        self.coins, self.unknown, self.stuck = [], [], []
        self.begun_ms = []
        self.flash_us = 0
        self.acceptor = PulseAcceptor(
            world.wires, world.timeline, COIN_PIN, INHIBIT_PIN, profile=profile or PulseProfile()
        )
        self.profile = SimpleNamespace(
            pulse_width_ms=width_ms, pulse_gap_ms=100, pulse_cents=10, coins_cents=[10, 20, 50, 100, 200]
        )

    def power_on(self):
        """Start the driver and ask for coins."""
        pins = (Pin(self.world.wires, COIN_PIN), Pin(self.world.wires, INHIBIT_PIN))
        self.driver = self.world.call(PulseCoin, *pins, RISING | FALLING, self.profile)
        self.world.start(self.driver.run(self, no_beat))
        self.driver.accept(True)
        return self

    def ready(self):
        """Wait until the line has rested."""
        self.power_on()
        self.world.pass_ms(2000)
        return self

    def on_counting(self):
        self.begun_ms.append(self.world.now_ms)
        self.world.timeline.advance(self.flash_us)

    def on_coin(self, cents):
        self.coins.append(cents)

    def on_unknown_coin(self, cents, why):
        self.unknown.append((cents, why))

    def on_stuck(self, is_stuck):
        self.stuck.append(is_stuck)


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


@pytest.mark.parametrize("cents", [10, 200])
def test_a_coin_is_told_of_once_within_10_ms_after_its_first_pulse(world, slot, cents):
    first_pulse_ends_ms = world.now_ms + 150 + 50
    slot.acceptor.insert(cents)
    world.pass_ms(5000)
    (begun_ms,) = slot.begun_ms
    assert first_pulse_ends_ms <= begun_ms <= first_pulse_ends_ms + 10
    slot.acceptor.insert(10)
    world.pass_ms(1000)
    assert len(slot.begun_ms) == 2


def test_nobody_is_told_of_noise_or_of_a_line_that_sticks(world, slot):
    slot.acceptor.noise(19_000, pulses=5)
    world.pass_ms(1000)
    world.call(slot.acceptor.stick)
    world.pass_ms(3000)
    world.call(slot.acceptor.unstick)
    world.pass_ms(3000)
    assert slot.begun_ms == []


@pytest.mark.parametrize("late_ms", [60, 90, 120])
def test_what_is_noticed_late_is_told_in_the_next_pause_and_counts_all_the_same(world, slot, late_ms):
    slot.acceptor.insert(50)
    inserted_ms = world.now_ms
    world.pass_ms(190)
    # Another task keeps the processor until the pause after the first pulse is nearly over, or past.
    world.call(world.timeline.advance, (10 + late_ms) * 1000)
    world.pass_ms(5000)
    (begun_ms,) = slot.begun_ms
    assert 350 <= begun_ms - inserted_ms <= 360
    assert slot.coins == [50]


@pytest.mark.parametrize(("flash_ms", "is_certain"), [(65, True), (85, False), (400, False)])
def test_a_flash_that_may_have_hidden_a_pulse_makes_the_coin_unknown(world, slot, flash_ms, is_certain):
    slot.flash_us = flash_ms * 1000
    slot.acceptor.insert(20)
    world.pass_ms(5000)
    assert slot.coins == ([20] if is_certain else [])
    assert [cents for cents, _ in slot.unknown] == ([] if is_certain else [20])
    slot.flash_us = 0
    slot.acceptor.insert(20)
    world.pass_ms(5000)
    assert slot.coins[-1:] == [20]


def test_a_coin_whose_counting_failed_is_unknown_and_the_next_one_counts(world):
    slot = Slot(world).ready()
    slot.acceptor.insert(50)
    world.pass_ms(400)
    world.stop()
    world.pass_ms(1000)
    world.start(slot.driver.run(slot, no_beat))
    world.pass_ms(3000)
    assert slot.coins == []
    assert slot.unknown == [(20, "counting was interrupted")]
    slot.acceptor.insert(50)
    world.pass_ms(3000)
    assert slot.coins == [50]


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
