"""The device's clock goes by the ledger's: each of its answers says what time it is (RFC 9110, 6.6.1)."""

from micropython import const

from system import compat
from system.log import log

# A quartz loses seconds a day; more often would only be noise.
_SET_EVERY_MS = const(3600000)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class LedgerClock:
    """Sets a real-time clock, given as machine.RTC, from what the ledger's answers say.

    The clock serves people who read the console, and certificates; nothing that moves money asks it.
    """

    def __init__(self, rtc):
        self._rtc = rtc
        self._set_at = None

    def hear(self, date):
        """Take the `Date` of an answer; one that cannot be read is ignored."""
        now = compat.ticks_ms()
        # Less than nothing: it was so long ago, without the ledger, that the ticks have wrapped around.
        if self._set_at is not None and 0 <= compat.ticks_diff(now, self._set_at) < _SET_EVERY_MS:
            return
        moment = read(date)
        if moment is None:
            return
        year, month, day, hours, minutes, seconds = moment
        self._rtc.datetime((year, month, day, 0, hours, minutes, seconds, 0))
        if self._set_at is None:
            log("clock", f"set by the ledger: {year}-{month:02}-{day:02} {hours:02}:{minutes:02} UTC")
        self._set_at = now


def read(date):
    """Return (year, month, day, hours, minutes, seconds) of `Sun, 06 Nov 1994 08:49:37 GMT`, or None."""
    try:
        _, day, month, year, time, zone = date.lower().split()
        hours, minutes, seconds = [int(part) for part in time.split(":")]
        moment = int(year), _MONTHS.index(month) + 1, int(day), hours, minutes, seconds
    except ValueError:
        return None
    is_day = 2024 <= moment[0] <= 2099 and 1 <= moment[2] <= 31
    is_time = 0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds <= 60
    return moment if zone == "gmt" and is_day and is_time else None
