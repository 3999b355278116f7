"""The one door to time, and what differs between MicroPython and CPython, where tests run."""

import asyncio
import sys
import time

if hasattr(time, "ticks_ms"):
    ticks_ms = time.ticks_ms
    ticks_us = time.ticks_us
    ticks_diff = time.ticks_diff
    ticks_add = time.ticks_add
    sleep_ms = asyncio.sleep_ms
    wait_for_ms = asyncio.wait_for_ms
    ThreadSafeFlag = asyncio.ThreadSafeFlag
else:
    # CPython: the event loop's clock, so that a test can turn it by hand.
    def ticks_ms():
        """Return milliseconds that only ticks_diff may compare."""
        return round(asyncio.get_running_loop().time() * 1000)

    def ticks_us():
        """Return microseconds that only ticks_diff may compare."""
        return round(asyncio.get_running_loop().time() * 1000000)

    def ticks_diff(later, earlier):
        """Return later - earlier."""
        return later - earlier

    def ticks_add(ticks, delta):
        """Return the ticks that are delta later."""
        return ticks + delta

    async def sleep_ms(duration_ms):
        """Let other tasks run for so long."""
        await asyncio.sleep(duration_ms / 1000)

    async def wait_for_ms(awaitable, timeout_ms):
        """Await with a limit; raises asyncio.TimeoutError. Never give it a sleep: MicroPython cannot."""
        return await asyncio.wait_for(awaitable, timeout_ms / 1000)

    class ThreadSafeFlag(asyncio.Event):
        """The one primitive that an interrupt handler may set; waiting clears it."""

        async def wait(self):
            """Wait until set, then clear."""
            await super().wait()
            self.clear()


def aged(ticks, longest_ms):
    """Return ticks that are not older than `longest_ms`; called often, they never seem to lie ahead.

    Ticks wrap around: what lies more than 6.2 days back looks as if it were still to come.
    """
    now = ticks_ms()
    return ticks if ticks_diff(now, ticks) <= longest_ms else ticks_add(now, -longest_ms)


async def flagged_within(flag, timeout_ms):
    """Wait until the ThreadSafeFlag or Event is set; False when that takes longer."""
    try:
        await wait_for_ms(flag.wait(), timeout_ms)
        return True
    except asyncio.TimeoutError:
        return False


def forget(*names):
    """Let go of modules `package.module` that were needed once; importing one again loads it again."""
    for name in names:
        package, _, module = name.partition(".")
        if sys.modules.pop(name, None) is not None and hasattr(sys.modules[package], module):
            delattr(sys.modules[package], module)
