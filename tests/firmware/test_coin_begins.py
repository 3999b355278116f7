"""The first pulse of a coin: whom it is told, when, and what a slow flash does to the count."""

import pytest

from tests.firmware.slots import Slot
from tests.firmware.world import no_beat


@pytest.fixture
def slot(world):
    return Slot(world).ready()


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
