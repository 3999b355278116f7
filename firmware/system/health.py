"""Keeps the tasks alive: restarts one that fails, and lets the watchdog bite when one hangs."""

import asyncio
import sys

from micropython import const

from system import compat
from system.log import log

_CHECK_MS = const(1000)
_FIRST_PAUSE_MS = const(500)
_LONGEST_PAUSE_MS = const(30000)
# The first report comes when a person may still look at the console of a device that was started.
_FIRST_REPORT_MS = const(60000)
_REPORT_EVERY_MS = const(3600000)


class Supervisor:
    """Runs the tasks of the device. The watchdog is fed only while each of them gives its heartbeat.

    A timer would feed it also when the program hangs; so this task does it, after looking at the others.
    """

    def __init__(self, watchdog=None):
        """Give machine.WDT or nothing."""
        self._watchdog = watchdog
        # A system.bus.BusHealth for each bus of the device: what its report is about.
        self.buses = ()
        self._limits_ms = {}
        self._beats = {}
        # The task that has failed last, and was started again.
        self.failed = None

    def start(self, name, run, limit_ms):
        """Run `run(beat)` as a task that must call beat() at least every `limit_ms`."""
        self._limits_ms[name] = limit_ms
        self._beats[name] = compat.ticks_ms()
        return asyncio.create_task(self._keep(name, run))

    def late(self):
        """Return the name of a task whose heartbeat is overdue, or None."""
        now = compat.ticks_ms()
        for name, limit_ms in self._limits_ms.items():
            if compat.ticks_diff(now, self._beats[name]) > limit_ms:
                return name
        return None

    async def watch(self):
        """Feed the watchdog for ever, except while a task is late; report about each bus each hour."""
        reported_ms = compat.ticks_add(compat.ticks_ms(), _FIRST_REPORT_MS - _REPORT_EVERY_MS)
        while True:
            late = self.late()
            if late:
                log("health", f"{late} gives no sign of life")
            elif self._watchdog:
                self._watchdog.feed()
            if self.buses and compat.ticks_diff(compat.ticks_ms(), reported_ms) >= _REPORT_EVERY_MS:
                reported_ms = compat.ticks_ms()
                log("health", "failures since the start: " + ", ".join([bus.report() for bus in self.buses]))
            await compat.sleep_ms(_CHECK_MS)

    async def _keep(self, name, run):
        def beat():
            self._beats[name] = compat.ticks_ms()

        pause_ms = _FIRST_PAUSE_MS
        while True:
            try:
                await run(beat)
                # It has done its work: nobody waits for its heartbeat any more.
                del self._limits_ms[name]
                return
            except Exception as error:
                self.failed = name
                log("health", f"{name} failed, starts again")
                print_exception(error)
            await compat.sleep_ms(pause_ms)
            beat()
            pause_ms = min(pause_ms * 2, _LONGEST_PAUSE_MS)


def print_exception(error):
    """Print an exception with its place to the console."""
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        log("health", repr(error))
