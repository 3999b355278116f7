"""Days and moments as people write them, in the time zone of the house."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

from ledger.foundation.errors import Invalid


class InvalidMoment(Invalid):
    """A date or time cannot be read, or names no moment or two of them on a day when clocks are changed."""

    code = "invalid_moment"
    message = "A moment is written 2026-11-01T12:00, in local time or with an offset such as +01:00."


class InvalidDay(Invalid):
    """A day cannot be read."""

    code = "invalid_day"
    message = "A day is written 2026-11-01."


def moment(text: str, zone: tzinfo) -> datetime:
    """Return the moment that somebody has written, in UTC: in local time unless it carries an offset.

    Refuses with InvalidMoment what cannot be read, and a local time that does not exist or exists twice
    because clocks are changed.
    """
    try:
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return written.astimezone(UTC)
        readings = {written.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    except (ValueError, OverflowError) as error:
        raise InvalidMoment from error
    if len(readings) > 1:
        message = f"Clocks are changed at {text}: say which time is meant by an offset such as +01:00."
        raise InvalidMoment(message)
    return readings.pop()


def day(text: str) -> date:
    """Return the day that somebody has written; refuses with InvalidDay."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidDay from error


def day_bounds(of: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when a day begins and when the next one does, in UTC: 23, 24 or 25 hours later.

    The end of a day is the beginning of the next, so no moment belongs to two days or to none. Refuses
    with InvalidDay the last day of the calendar.
    """
    try:
        return _midnight(of, zone), _midnight(of + timedelta(days=1), zone)
    except OverflowError as error:
        raise InvalidDay from error


def _midnight(of: date, zone: tzinfo) -> datetime:
    return datetime(of.year, of.month, of.day, tzinfo=zone).astimezone(UTC)
