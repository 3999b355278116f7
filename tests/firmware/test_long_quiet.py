"""Ticks wrap around in days: what was left alone for longer works all the same when somebody comes."""

import pytest
from drivers.mdb_session import Session
from system import compat
from system.bus import BusHealth
from system.clock import LedgerClock

from tests.firmware.coffee import TOKEN
from tests.firmware.flash import FlashFiles
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.slots import Slot
from tests.firmware.stands import Stand
from tests.firmware.test_coin_profiles import FED, config_of, profile_of

DAYS_MS = 86_400_000
# On a device it is 2 ** 30, which is twelve days.
SHORT_PERIOD_MS = 2**17


class Ticks:
    """Ticks as a device has them; they go by the loop's time, or by `now_ms` where that is set."""

    def __init__(self, monkeypatch, period_ms):
        self._period_ms = period_ms
        self._loop_ms = compat.ticks_ms
        self.now_ms = None
        monkeypatch.setattr(compat, "ticks_ms", self.ticks_ms)
        monkeypatch.setattr(compat, "ticks_diff", self.ticks_diff)
        monkeypatch.setattr(compat, "ticks_add", lambda ticks, delta: (ticks + delta) % period_ms)

    def ticks_ms(self):
        return (self._loop_ms() if self.now_ms is None else self.now_ms) % self._period_ms

    def ticks_diff(self, later, earlier):
        half = self._period_ms // 2
        return (later - earlier + half) % self._period_ms - half


@pytest.fixture
def soon(monkeypatch):
    """Let ticks wrap around after two minutes."""
    return Ticks(monkeypatch, SHORT_PERIOD_MS)


@pytest.fixture
def ticks(monkeypatch):
    """Give ticks that are turned by hand."""
    made = Ticks(monkeypatch, 2**30)
    made.now_ms = 5000
    return made


def test_a_station_takes_the_first_token_after_days_without_any(soon):
    ledger = LedgerInMemory(permission="credit")
    ledger.balances.update({TOKEN: 100, "04B1B2C3D4E5F6": 50})
    stand = Stand("coin_station", FlashFiles(), Road(ledger)).power_on()
    stand.tap(TOKEN)
    stand.wait_for("Balance 1.00 EUR")
    stand.wait_for("Hold your token")
    stand.world.pass_ms(SHORT_PERIOD_MS * 3 // 4)
    stand.tap("04B1B2C3D4E5F6")
    stand.wait_for("Balance 0.50 EUR", 2000)
    stand.power_off()


@pytest.mark.parametrize("name", FED)
def test_a_slot_without_a_coin_for_days_closes_when_the_session_is_over(world, soon, name):
    slot = Slot(world, profile_of(name))
    slot.profile = config_of(name)
    slot.ready()
    slot.acceptor.insert(10)
    world.pass_ms(SHORT_PERIOD_MS * 3 // 4)
    assert not slot.acceptor.inhibited
    world.call(slot.driver.accept, False)
    world.pass_ms(3000)
    assert slot.acceptor.inhibited


def test_a_vending_machine_that_was_off_for_days_is_silent_all_the_time(ticks):
    session = Session(None)
    session._heard_ms = ticks.now_ms
    for _ in range(12):
        ticks.now_ms += DAYS_MS
        assert session.is_silent


def test_the_clock_is_set_by_the_first_answer_after_a_week(world, ticks):
    settings = []
    clock = LedgerClock(type("Rtc", (), {"datetime": lambda _, moment: settings.append(moment)})())
    world.call(clock.hear, "Sun, 06 Nov 2033 08:49:37 GMT")
    ticks.now_ms += 7 * DAYS_MS
    world.call(clock.hear, "Sun, 13 Nov 2033 08:49:37 GMT")
    assert [moment[2] for moment in settings] == [6, 13]


def test_a_bus_that_has_failed_for_a_week_is_told_as_five_days_at_least(world, ticks, capsys):
    health = BusHealth("reader")
    for _ in range(8):
        world.call(health.fails)
        ticks.now_ms += DAYS_MS
    ticks.now_ms -= DAYS_MS
    world.call(health.works)
    assert "reader recovered after 8 failures in 432000 s" in capsys.readouterr().out
