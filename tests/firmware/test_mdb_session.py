"""The reader meets a vending machine's controller: timing, lost words, sessions that go wrong."""

import random

import pytest

from terminal_sim.chips.mdb_vmc import CANCEL, DISABLE, SESSION_COMPLETE
from tests.firmware.mdb_bench import MdbBench

LATEST_US = 4_000


@pytest.fixture
def bench(world):
    made = MdbBench(world).start()
    made.take_events()
    yield made
    assert made.master.violations == []
    assert max(made.master.answer_times_us) <= LATEST_US


def sell(bench):
    """Play one vend from its session to its end."""
    bench.begin()
    request = bench.ask()
    assert bench.session.approve(request, 120)
    bench.world.pass_until(lambda: not bench.vmc.in_session, 10000)


def test_a_session_goes_from_begin_to_end(bench):
    sell(bench)
    assert bench.vmc.sold == [(7, 120)]
    assert bench.names() == ["VEND_ASKED", "VEND_SUCCEEDED", "ENDED"]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_reader_says_its_level_currency_scale_and_who_it_is(world, level):
    bench = MdbBench(world, level=level).start()
    assert bench.vmc.config == [0x01, level, 0x19, 0x78, 1, 2, 25, 0x09]
    assert len(bench.vmc.peripheral_id) == (34 if level == 3 else 30)
    sell(bench)
    assert bench.vmc.sold == [(7, 120)]


@pytest.mark.parametrize("fault", ["lost_acks", "unheard", "asked_again", "spoilt"])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("moment", ["begin", "ask", "approve", "dispense"])
def test_one_vend_is_one_vend_whatever_is_lost_on_the_bus(bench, fault, count, moment):
    def fail_at(here):
        if here == moment:
            setattr(bench.master.faults, fault, count)

    fail_at("begin")
    bench.begin()
    fail_at("ask")
    bench.ask()
    bench.world.pass_ms(1000)
    fail_at("approve")
    assert bench.session.approve(bench.session.request, 120)
    bench.world.pass_ms(3050)
    fail_at("dispense")
    bench.world.pass_until(lambda: not bench.vmc.in_session, 20000)
    assert (bench.vmc.sold, bench.vmc.failed, bench.vmc.denied) == ([(7, 120)], [], [])
    assert bench.names() == ["VEND_ASKED", "VEND_SUCCEEDED", "ENDED"]
    assert bench.vmc.resets == 1


def test_what_is_heard_late_is_not_answered_and_the_machine_asks_again(bench):
    before = len(bench.master.answer_times_us)
    bench.words.delay_us = 6_000
    bench.world.pass_ms(2000)
    assert len(bench.master.answer_times_us) == before
    assert bench.link.late > 5
    bench.words.delay_us = 0
    sell(bench)
    assert bench.vmc.sold == [(7, 120)]


def test_a_machine_that_hears_nothing_for_five_seconds_resets_and_sells_again(bench):
    bench.words.delay_us = 6_000
    bench.world.pass_until(lambda: bench.vmc.resets == 2, 7000)
    bench.words.delay_us = 0
    bench.world.pass_until(lambda: bench.vmc.is_enabled, 2000)
    sell(bench)
    assert bench.vmc.sold == [(7, 120)]


@pytest.mark.parametrize("seed", range(3))
def test_a_minute_of_garbage_is_survived_and_counted(bench, seed):
    chance = random.Random(seed)
    for _ in range(6000):
        word = chance.choice([chance.randrange(0x400), 0x110 | chance.randrange(8), chance.randrange(16)])
        bench.world.call(bench.link.on_word, word, False)
        if not chance.randrange(10):
            bench.world.pass_ms(100)
    bench.world.pass_ms(10000)
    assert bench.link.spoilt > 100
    bench.take_events()
    bench.master.violations.clear()
    bench.world.pass_until(lambda: bench.vmc.is_enabled and not bench.vmc.in_session, 20000)
    sell(bench)
    assert bench.vmc.sold[-1] == (7, 120)


def test_silence_is_noticed_and_so_is_its_end(bench):
    assert not bench.world.call(lambda: bench.session.is_silent)
    bench.vmc.power(False)
    bench.world.pass_ms(6000)
    assert bench.world.call(lambda: bench.session.is_silent)
    bench.vmc.power(True)
    bench.world.pass_until(lambda: bench.vmc.is_enabled)
    assert not bench.world.call(lambda: bench.session.is_silent)


def test_a_vend_that_the_machine_cannot_deliver_is_told_as_failed(bench):
    bench.vmc.settings.dispenses = False
    sell(bench)
    assert (bench.vmc.sold, bench.vmc.failed) == ([], [(7, 120)])
    assert bench.names() == ["VEND_ASKED", "VEND_FAILED", "ENDED"]


def test_a_reset_after_the_approval_says_that_a_vend_was_under_way(bench):
    bench.vmc.settings.resets_when_approved = True
    bench.begin()
    assert bench.session.approve(bench.ask(), 120)
    bench.world.pass_until(lambda: bench.vmc.resets == 2)
    bench.world.pass_until(lambda: bench.vmc.is_enabled)
    events = bench.take_events()
    assert [event[0] for event in events] == ["VEND_ASKED", "WAS_RESET", "WAS_ENABLED"]
    assert events[1][1] == 1


@pytest.mark.parametrize("approved_after_ms", [0, 40, 80, 95, 100, 105, 120, 160, 195, 205, 240, 300])
def test_a_cancel_and_an_approval_that_race_have_one_winner(bench, approved_after_ms):
    bench.vmc.settings.cancels_after_us = 100_000
    bench.vmc.settings.poll_us = 40_000
    bench.begin()
    request = bench.ask()
    bench.world.pass_ms(approved_after_ms)
    was_in_time = bench.session.approve(request, 120)
    bench.world.pass_until(lambda: not bench.vmc.in_session, 20000)
    names = bench.names()
    if bench.vmc.sold:
        assert was_in_time
        assert names == ["VEND_ASKED", "VEND_SUCCEEDED", "ENDED"]
    else:
        assert bench.vmc.denied == [(7, 120)]
        assert names == ["VEND_ASKED", "VEND_CANCELLED", "ENDED"]


def test_a_command_out_of_sequence_makes_the_machine_begin_again(bench):
    bench.vmc.inject(SESSION_COMPLETE)
    bench.world.pass_until(lambda: bench.vmc.resets == 2)
    bench.world.pass_until(lambda: bench.vmc.is_enabled)
    sell(bench)
    assert bench.vmc.sold == [(7, 120)]


def test_what_the_device_says_of_a_request_that_is_over_is_said_to_nobody(bench):
    bench.begin()
    request = bench.ask()
    bench.session.deny(request)
    bench.world.pass_until(lambda: not bench.vmc.in_session)
    assert not bench.session.approve(request, 120)
    bench.session.deny(request)
    sell(bench)
    assert (bench.vmc.denied, bench.vmc.sold) == ([(7, 120)], [(7, 120)])


@pytest.mark.parametrize("command", [CANCEL, DISABLE])
def test_a_session_cannot_begin_in_a_reader_that_was_stopped(bench, command):
    bench.vmc.inject(command)
    bench.world.pass_ms(300)
    if command == DISABLE:
        assert not bench.session.begin(500)
    assert "ENDED" in bench.names()


def test_a_session_that_nobody_uses_ends_when_the_device_asks_for_it(bench):
    bench.begin()
    bench.session.cancel()
    bench.world.pass_until(lambda: not bench.vmc.in_session)
    assert bench.names() == ["ENDED"]


def test_a_cash_sale_is_told(bench):
    bench.vmc.pay_cash(12, 150)
    bench.world.pass_ms(300)
    assert [event[:3] for event in bench.take_events()] == [("CASH_SOLD", 150, 12)]


def test_events_that_nobody_takes_are_counted(bench):
    for _ in range(20):
        bench.vmc.pay_cash(1, 100)
        bench.vmc.inject((0x12,))
    bench.world.pass_ms(20000)
    assert bench.session.events.discards == 5
    assert len(bench.take_events()) == 15
