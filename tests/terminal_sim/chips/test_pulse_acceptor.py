"""Coins as the firmware sees them: edges on the coin line, and what the inhibit line decides."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_sim.chips.pulse_acceptor import PulseAcceptor, PulseProfile
from tests.terminal_sim.chips.wiring import BoardWires, VirtualTimeline

COIN, INHIBIT = 18, 19
MS = 1_000


class CoinBench:
    """An acceptor on a board whose coin line has a pull-up, and a record of its edges."""

    def __init__(self, profile=None, pulse_cents=10):
        self.timeline = VirtualTimeline()
        self.wires = BoardWires(self.timeline)
        self.wires.firmware_pull(COIN, 1)
        self.edges = []
        self.wires.firmware_watch(COIN, lambda level, now_us: self.edges.append((now_us // MS, level)))
        self.acceptor = PulseAcceptor(self.wires, self.timeline, COIN, INHIBIT, pulse_cents, profile)

    def pulses(self, advance_ms=20_000):
        """Let time pass; return (start, width) of each pulse in ms, and forget them."""
        self.timeline.advance(advance_ms * MS)
        edges, self.edges = self.edges, []
        assert [level for _, level in edges] == [0, 1] * (len(edges) // 2)
        return [(low, high - low) for (low, _), (high, _) in zip(edges[::2], edges[1::2], strict=True)]


@pytest.fixture
def bench():
    return CoinBench()


def test_a_coin_is_as_many_pulses_as_its_value_has_units(bench):
    assert bench.acceptor.insert(50)
    assert bench.pulses() == [(150, 50), (300, 50), (450, 50), (600, 50), (750, 50)]


@given(st.integers(1, 40), st.sampled_from([1, 5, 10, 50]))
def test_every_multiple_of_a_pulse_comes_out_whole(units, pulse_cents):
    bench = CoinBench(pulse_cents=pulse_cents)
    assert bench.acceptor.insert(units * pulse_cents)
    assert len(bench.pulses()) == units


@pytest.mark.parametrize("cents", [-10, 0, 5, 15, 101])
def test_what_is_no_multiple_of_a_pulse_falls_through(bench, cents):
    assert not bench.acceptor.insert(cents)
    assert bench.pulses() == []
    assert bench.acceptor.accepted_cents == 0


def test_an_inhibited_acceptor_lets_coins_fall_through(bench):
    bench.wires.firmware_drive(INHIBIT, 1)
    assert not bench.acceptor.insert(50)
    bench.wires.firmware_drive(INHIBIT, 0)
    assert bench.acceptor.insert(50)
    assert len(bench.pulses()) == 5
    assert bench.acceptor.accepted_cents == 50


def test_inhibit_counts_at_the_moment_of_insertion_only(bench):
    assert bench.acceptor.insert(50)
    bench.wires.firmware_drive(INHIBIT, 1)
    assert len(bench.pulses()) == 5


def test_a_coin_that_comes_while_another_pulses_waits_its_turn(bench):
    assert bench.acceptor.insert(20)
    assert bench.acceptor.insert(10)
    assert bench.acceptor.busy
    assert bench.pulses() == [(150, 50), (300, 50), (850, 50)]
    assert not bench.acceptor.busy
    assert bench.acceptor.accepted_cents == 30


def test_the_profile_sets_width_and_gap():
    bench = CoinBench(PulseProfile(width_us=25 * MS, gap_us=25 * MS, validation_us=0))
    bench.acceptor.insert(30)
    assert bench.pulses() == [(0, 25), (50, 25), (100, 25)]


def test_jitter_moves_each_edge():
    chance = random.Random(3)
    bench = CoinBench(PulseProfile(jitter=lambda nominal_us: nominal_us + chance.randint(-5, 5) * MS))
    bench.acceptor.insert(200)
    widths = [width for _, width in bench.pulses()]
    assert len(widths) == 20
    assert len(set(widths)) > 3
    assert all(45 <= width <= 55 for width in widths)


@pytest.mark.parametrize(("extra", "pulses"), [(1, 6), (-1, 4), (-9, 0)])
def test_one_coin_may_send_too_many_or_too_few_pulses(bench, extra, pulses):
    bench.acceptor.faults.extra_pulses = extra
    assert bench.acceptor.insert(50)
    assert len(bench.pulses()) == pulses
    bench.acceptor.insert(50)
    assert len(bench.pulses()) == 5


def test_single_pulses_may_be_out_of_tolerance(bench):
    bench.acceptor.faults.pulse_width(80 * MS, pulses=2)
    bench.acceptor.insert(30)
    assert [width for _, width in bench.pulses()] == [80, 80, 50]


def test_noise_is_on_the_line_without_a_coin(bench):
    bench.acceptor.noise(5 * MS, pulses=3)
    assert bench.pulses() == [(0, 5), (10, 5), (20, 5)]
    assert bench.acceptor.accepted_cents == 0


def test_noise_within_a_pulse_does_not_split_it(bench):
    bench.acceptor.insert(10)
    bench.timeline.advance(160 * MS)
    bench.acceptor.noise(5 * MS)
    assert bench.pulses() == [(150, 50)]


def test_a_stuck_line_stays_low_until_it_is_free(bench):
    bench.acceptor.stick()
    bench.acceptor.insert(20)
    bench.timeline.advance(10_000 * MS)
    assert bench.wires.level(COIN) == 0
    bench.acceptor.unstick()
    assert bench.pulses() == [(0, 10_000)]


def test_a_power_up_may_send_a_burst_once(bench):
    bench.acceptor.faults.burst_at_power_up = 3
    bench.acceptor.power(False)
    bench.acceptor.power(True)
    assert bench.pulses() == [(0, 50), (150, 50), (300, 50)]
    bench.acceptor.power(False)
    bench.acceptor.power(True)
    assert bench.pulses() == []


def test_without_power_the_line_is_let_go_and_no_coin_is_taken(bench):
    bench.acceptor.insert(50)
    bench.timeline.advance(310 * MS)
    bench.acceptor.power(False)
    assert not bench.acceptor.busy
    assert not bench.acceptor.insert(50)
    assert bench.pulses() == [(150, 50), (300, 10)]
    bench.acceptor.power(True)
    assert bench.pulses() == []
    bench.acceptor.insert(10)
    assert len(bench.pulses()) == 1


@pytest.mark.parametrize(("cut_ms", "pulses"), [(260, [(150, 50)]), (310, [(150, 50), (300, 10)])])
def test_pulses_of_before_a_power_cut_do_not_come_after_it(bench, cut_ms, pulses):
    bench.acceptor.insert(50)
    bench.timeline.advance(cut_ms * MS)
    bench.acceptor.power(False)
    bench.acceptor.power(True)
    assert bench.pulses() == pulses


def test_clearing_the_faults_disarms_them(bench):
    bench.acceptor.faults.extra_pulses = 4
    bench.acceptor.faults.burst_at_power_up = 2
    bench.acceptor.faults.pulse_width(90 * MS)
    bench.acceptor.faults.clear()
    bench.acceptor.power(False)
    bench.acceptor.power(True)
    bench.acceptor.insert(10)
    assert bench.pulses() == [(150, 50)]


def test_a_pulse_is_worth_something(wires, timeline):
    with pytest.raises(ValueError, match="at least 1 cent"):
        PulseAcceptor(wires, timeline, COIN, INHIBIT, 0)
