"""Virtual time keeps its order, and a wire has the level that electricity gives it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.terminal_sim.chips.wiring import BoardWires, VirtualTimeline

PIN = 7


@given(st.lists(st.integers(0, 1_000)))
def test_events_happen_in_order_of_time_then_of_asking(times_us):
    timeline = VirtualTimeline()
    seen = []
    for number, when_us in enumerate(times_us):
        timeline.at(when_us, lambda number=number: seen.append((timeline.now_us(), number)))
    timeline.advance(1_000)
    assert seen == sorted((when_us, number) for number, when_us in enumerate(times_us))


def test_an_event_that_an_event_asks_for_still_happens_in_the_same_step(timeline):
    seen = []
    timeline.at(10, lambda: timeline.at(20, lambda: seen.append(timeline.now_us())))
    timeline.advance(30)
    assert seen == [20]
    assert timeline.now_us() == 30


def test_what_is_asked_for_too_late_happens_now_and_time_does_not_go_back(timeline):
    timeline.advance(100)
    seen = []
    timeline.at(50, lambda: seen.append(timeline.now_us()))
    timeline.advance(0)
    assert seen == [100]


def test_the_next_event_is_known(timeline):
    assert timeline.next_event_us() is None
    timeline.at(30, lambda: None)
    timeline.at(20, lambda: None)
    assert timeline.next_event_us() == 20


def test_firmware_beats_world_beats_pull_beats_resistor(wires):
    assert wires.level(PIN) == 0
    wires.fit_resistor(PIN, 1)
    assert wires.level(PIN) == 1
    wires.firmware_pull(PIN, 0)
    assert wires.level(PIN) == 0
    wires.drive(PIN, 1)
    assert wires.level(PIN) == 1
    wires.firmware_drive(PIN, 0)
    assert wires.level(PIN) == 0
    wires.firmware_drive(PIN, None)
    wires.drive(PIN, None)
    wires.firmware_pull(PIN, None)
    assert wires.level(PIN) == 1


def test_the_world_hears_what_the_firmware_drives_and_nothing_else(wires, timeline):
    heard = []
    wires.watch(PIN, lambda level, now_us: heard.append((level, now_us)))
    wires.drive(PIN, 1)
    timeline.advance(5)
    for level in (1, 0, 0, None):
        wires.firmware_drive(PIN, level)
    assert heard == [(1, 5), (0, 5), (1, 5)]


def test_an_interrupt_hears_every_edge_once_whoever_made_it(wires, timeline):
    edges = []
    wires.firmware_watch(PIN, lambda level, now_us: edges.append((level, now_us)))
    wires.firmware_pull(PIN, 1)
    wires.drive(PIN, 1)
    timeline.advance(3)
    wires.drive(PIN, 0)
    wires.drive(PIN, 0)
    wires.firmware_drive(PIN, 1)
    assert edges == [(1, 0), (0, 3), (1, 3)]


def test_without_power_the_firmware_drives_pulls_and_hears_nothing(wires):
    edges = []
    wires.firmware_watch(PIN, lambda level, now_us: edges.append(level))
    heard = []
    wires.watch(PIN, lambda level, now_us: heard.append(level))
    wires.firmware_pull(PIN, 1)
    wires.firmware_drive(PIN, 1)
    wires.firmware_gone()
    wires.drive(PIN, 0)
    assert wires.level(PIN) == 0
    assert edges == [1]
    assert heard == [1, 0]


@pytest.mark.parametrize("pull", [0, 1])
def test_a_pull_holds_a_wire_that_nobody_drives(pull, timeline):
    wires = BoardWires(timeline)
    wires.firmware_pull(PIN, pull)
    assert wires.level(PIN) == pull
