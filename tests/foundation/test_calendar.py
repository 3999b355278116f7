"""Days and moments: as the clocks of the house show them, on the days when they are changed as well."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.foundation.calendar import InvalidDay, InvalidMoment, day, day_bounds, moment

BERLIN = ZoneInfo("Europe/Berlin")
# São Paulo changed its clocks at midnight: there were days without one.
ZONES = ("Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "UTC")


@pytest.mark.parametrize(
    ("of", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-01", 24), ("2026-03-28", 24)]
)
def test_a_day_lasts_as_long_as_the_clocks_make_it(of, hours):
    begins_at, ends_at = day_bounds(date.fromisoformat(of), BERLIN)
    assert ends_at - begins_at == timedelta(hours=hours)
    assert begins_at.astimezone(BERLIN).isoformat().startswith(f"{of}T00:00:00")


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(ZONES))
def test_days_follow_each_other_without_a_gap(of, zone):
    begins_at, ends_at = day_bounds(of, ZoneInfo(zone))
    assert begins_at <= ends_at
    assert day_bounds(of + timedelta(days=1), ZoneInfo(zone))[0] == ends_at


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-01T12:00", 11),
        ("2026-07-01 12:00", 10),
        ("2026-07-01T12:00+05:00", 7),
        ("2026-07-01T12:00Z", 12),
        ("2026-10-25T02:30+02:00", 0),
    ],
)
def test_a_moment_is_local_unless_it_says_otherwise(text, hour):
    read = moment(text, BERLIN)
    assert (read.tzinfo, read.hour) == (UTC, hour)


@pytest.mark.parametrize("text", ["2026-10-25T02:30", "2026-03-29T02:30"], ids=["twice", "never"])
def test_a_time_that_is_not_one_moment_is_refused(text):
    with pytest.raises(InvalidMoment, match="Clocks are changed"):
        moment(text, BERLIN)


@pytest.mark.parametrize(
    "text", ["", "noon", "2026-13-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59-12:00"]
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(InvalidMoment):
        moment(text, BERLIN)


@pytest.mark.parametrize("text", ["", "today", "2026-02-30"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(InvalidDay):
        day(text)


def test_the_calendar_ends():
    with pytest.raises(InvalidDay):
        day_bounds(date.max, BERLIN)


def test_a_day_is_read():
    assert day("2026-11-01") == datetime(2026, 11, 1, tzinfo=UTC).date()
