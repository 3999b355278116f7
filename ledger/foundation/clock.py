"""The one door by which time enters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time in UTC, to the microsecond."""

    def now(self) -> datetime:
        """Return the time now, aware and in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)


class HeldClock:
    """A clock whose hands are held: it stands until it is set or moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self.at

    def advance(self, **duration: float) -> None:
        """Move the hands, by the keywords of timedelta."""
        self.at += timedelta(**duration)


def written(timestamp_s: float) -> str:
    """Write the seconds since 1970 that a machine has noted: `2021-10-31T20:44:11.000Z`."""
    moment = datetime.fromtimestamp(timestamp_s, UTC).isoformat(timespec="milliseconds")
    return moment.removesuffix("+00:00") + "Z"
