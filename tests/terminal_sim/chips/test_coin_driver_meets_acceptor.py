"""The firmware's coin driver against the acceptor: no pulse is rounded, no noise is a coin."""

import asyncio
from types import SimpleNamespace

import pytest
from drivers.pulse_coin import PulseCoin

from terminal_sim.chips.pulse_acceptor import PulseAcceptor, PulseProfile
from tests.terminal_sim.chips.microcontroller import FALLING, RISING, Pin

MS = 1_000
COIN_PIN, INHIBIT_PIN = 18, 19
COIN_SET_UP = SimpleNamespace(
    pulse_width_ms=50,
    pulse_gap_ms=100,
    pulse_cents=10,
    coins_cents=(10, 20, 50, 100, 200),
    pulse_level=0,
    inhibit_level=1,
    inhibit_cuts_supply=0,
    power_up_ms=1500,
)


def no_beat():
    """Feed no watchdog."""


class CoinLog:
    """Whom the coin driver tells."""

    def __init__(self):
        self.coins = []
        self.unknown = []
        self.stuck = []

    def on_counting(self):
        """Take the news that a coin has begun."""

    def on_coin(self, cents):
        """Note a coin."""
        self.coins.append(cents)

    def on_unknown_coin(self, cents, why):
        """Note pulses that are no coin."""
        self.unknown.append((cents, why))

    def on_stuck(self, is_stuck):
        """Note that the line is stuck, or free again."""
        self.stuck.append(is_stuck)


def counted(desk, story, profile=None):
    """Return what the coin driver tells during `story(acceptor)`, which begins with an open slot."""
    acceptor = PulseAcceptor(desk.wires, desk.timeline, COIN_PIN, INHIBIT_PIN, 10, profile)
    log = CoinLog()

    async def begin():
        driver = PulseCoin(
            Pin(desk.wires, COIN_PIN), Pin(desk.wires, INHIBIT_PIN), FALLING | RISING, COIN_SET_UP
        )
        driver.accept(True)
        return driver

    driver = desk.run(begin())

    async def rest_of_story():
        await asyncio.sleep(3)
        await story(acceptor)
        await asyncio.sleep(8)

    desk.run_beside(driver.run(log, no_beat), rest_of_story())
    return log, driver


def test_every_coin_is_counted_for_what_it_is(desk):
    async def one_of_each(acceptor):
        for cents in COIN_SET_UP.coins_cents:
            assert acceptor.insert(cents)
            await asyncio.sleep(4)

    log, _ = counted(desk, one_of_each)
    assert log.coins == [10, 20, 50, 100, 200]
    assert (log.unknown, log.stuck) == ([], [])


def test_coins_that_come_together_are_counted_apart(desk):
    async def handful(acceptor):
        assert all(acceptor.insert(cents) for cents in (50, 50, 20, 10))

    log, _ = counted(desk, handful)
    assert log.coins == [50, 50, 20, 10]


@pytest.mark.parametrize("percent", [-18, 18])
def test_pulses_within_the_tolerance_count(desk, percent):
    async def one_coin(acceptor):
        acceptor.insert(50)

    profile = PulseProfile(jitter=lambda nominal_us: nominal_us + nominal_us * percent // 100)
    log, _ = counted(desk, one_coin, profile)
    assert log.coins == [50]


@pytest.mark.parametrize("width_ms", [38, 62, 200])
def test_a_pulse_out_of_tolerance_makes_the_coin_unknown(desk, width_ms):
    async def one_coin(acceptor):
        acceptor.faults.pulse_width(width_ms * MS)
        acceptor.insert(50)
        await asyncio.sleep(5)
        acceptor.insert(20)

    log, _ = counted(desk, one_coin)
    assert log.coins == [20]
    assert [cents for cents, _ in log.unknown] == [50]


@pytest.mark.parametrize(("extra", "cents"), [(1, 60), (-1, 40)])
def test_a_number_of_pulses_that_no_coin_has_is_unknown_and_not_rounded(desk, extra, cents):
    async def one_coin(acceptor):
        acceptor.faults.extra_pulses = extra
        acceptor.insert(50)

    log, _ = counted(desk, one_coin)
    assert log.coins == []
    assert [unknown for unknown, _ in log.unknown] == [cents]


def test_noise_is_no_coin_and_spoils_none(desk):
    async def noisy(acceptor):
        acceptor.noise(15 * MS, pulses=20, gap_us=15 * MS)
        await asyncio.sleep(2)
        acceptor.insert(20)
        await asyncio.sleep(0.22)
        acceptor.noise(5 * MS)

    log, _ = counted(desk, noisy)
    assert log.coins == [20]
    assert log.unknown == []


def test_the_burst_at_power_up_is_no_coin(desk):
    acceptor = PulseAcceptor(desk.wires, desk.timeline, COIN_PIN, INHIBIT_PIN)
    acceptor.faults.burst_at_power_up = 5
    acceptor.power(False)
    acceptor.power(True)

    async def one_coin(acceptor):
        acceptor.insert(10)

    log, _ = counted(desk, one_coin)
    assert log.coins == [10]
    assert log.unknown == []


def test_the_slot_is_closed_until_the_line_has_rested(desk):
    acceptor = PulseAcceptor(desk.wires, desk.timeline, COIN_PIN, INHIBIT_PIN)

    async def watch_the_slot():
        driver = PulseCoin(
            Pin(desk.wires, COIN_PIN), Pin(desk.wires, INHIBIT_PIN), FALLING | RISING, COIN_SET_UP
        )
        driver.accept(True)
        task = asyncio.ensure_future(driver.run(CoinLog(), no_beat))
        await asyncio.sleep(0.5)
        early = acceptor.insert(10)
        await asyncio.sleep(2)
        late = acceptor.insert(10)
        driver.accept(False)
        closed = acceptor.insert(10)
        task.cancel()
        return early, late, closed

    assert desk.run(watch_the_slot()) == (False, True, False)


def test_a_stuck_line_is_an_alarm_closes_the_slot_and_ends(desk):
    inserted = []

    async def stuck_for_a_while(acceptor):
        acceptor.stick()
        await asyncio.sleep(3)
        inserted.append(acceptor.insert(10))
        acceptor.unstick()
        await asyncio.sleep(3)
        inserted.append(acceptor.insert(10))

    log, _ = counted(desk, stuck_for_a_while)
    assert log.stuck == [True, False]
    assert inserted == [False, True]
    assert log.coins == [10]
