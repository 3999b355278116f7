"""Time enters by one door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ledger.foundation.clock import HeldClock, SystemClock


def test_the_systems_clock_tells_aware_utc():
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_held_clock_stands_until_it_is_moved():
    clock = HeldClock(datetime(2026, 1, 24, 19, 30, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(minutes=10, seconds=1)
    assert clock.now() == datetime(2026, 1, 24, 19, 40, 1, tzinfo=UTC)
