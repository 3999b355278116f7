"""The trial of a new version: it stays only after it was healthy for a while, or its slot is given up."""

from micropython import const

import slots
from system import compat
from system.log import log

_CHECK_MS = const(1000)
_HEALTHY_MS = const(10000)
_LIMIT_MS = const(300000)


class Trial:
    """Watches the device's health from the start of a version that has not been confirmed."""

    def __init__(self, flash, host):
        self._flash = flash
        self._host = host

    async def run(self, beat):
        """Return when the version is confirmed; restart when it is not healthy in time.

        The start counts the tries down, and takes the other slot when there are none left.
        """
        started = compat.ticks_ms()
        healthy_ms = 0
        while healthy_ms < _HEALTHY_MS:
            beat()
            await compat.sleep_ms(_CHECK_MS)
            ailing = self._host.ailing()
            healthy_ms = 0 if ailing else healthy_ms + _CHECK_MS
            is_over = compat.ticks_diff(compat.ticks_ms(), started) >= _LIMIT_MS
            if ailing and is_over and not self._host.is_serving():
                log("ota", f"this version does not become healthy: {ailing}; starting again")
                self._host.restart()
        slots.confirm(self._flash)
        log("ota", "this version is healthy and stays")
