"""Looks once at each part, and says on the console what it found: for whoever has just wired a board.

`"selftest": true` in config.json runs it at each start, beside the device. It switches nothing and books
nothing.
"""

import gc

from micropython import const

from system import compat
from system.log import log

_LEAST_FREE_BYTES = const(16384)
_SLOW_FLASH_MS = const(500)
_READER_MS = const(15000)
_LEDGER_MS = const(60000)
_STEP_MS = const(250)
_SOUND_YEAR = const(2024)
_FILE = "selftest"


class Failed(Exception):
    """A part does not do its work; the message says where to look."""


class SelfTest:
    """The parts of a board that runs, the ledger as it sees it, and the door to its flash."""

    def __init__(self, parts, ledger, files):
        self._parts = parts
        self._ledger = ledger
        self._files = files

    async def run(self, beat):
        """Look at every part and say what was found; each is looked at whatever became of the others."""
        names = ("memory", "flash", "display", "reader", "buttons", "coins", "ledger", "clock")
        failures = 0
        for name in names:
            beat()
            try:
                found = "ok    " + (await getattr(self, "_look_at_" + name)(beat))
            except Failed as failure:
                failures += 1
                found = f"FAIL  {failure}"
            log("selftest", f"{name:8}{found}")
        told = f"{failures} failed: see README, Faults" if failures else "everything that is there works"
        log("selftest", told)

    async def _look_at_memory(self, _beat):
        gc.collect()
        if not hasattr(gc, "mem_free"):
            return "not counted on this platform"
        free_bytes = gc.mem_free()
        if free_bytes < _LEAST_FREE_BYTES:
            raise Failed(f"only {free_bytes} bytes are free: freeze the program into the image (manifest.py)")
        return f"{free_bytes} bytes are free"

    async def _look_at_flash(self, _beat):
        content = bytes(range(64))
        started = compat.ticks_ms()
        try:
            self._files.write_whole(_FILE, content)
            came = self._files.read_small(_FILE, len(content))
        except OSError as error:
            raise Failed(f"{error!r}: full, or broken")
        took_ms = compat.ticks_diff(compat.ticks_ms(), started)
        if came != content:
            raise Failed("what was written is not what is read: broken")
        if took_ms > _SLOW_FLASH_MS:
            raise Failed(f"a write takes {took_ms} ms: nearly full, or broken")
        return f"written and read in {took_ms} ms"

    async def _look_at_display(self, _beat):
        if not await self._parts.display.show(["selftest"]):
            raise Failed("no answer: its wires, its supply, its address")
        return "answers; does it say 'selftest'?"

    async def _look_at_reader(self, beat):
        presence = self._parts.presence
        if not await _within(_READER_MS, lambda: presence.is_working and presence.reader_version, beat):
            raise Failed("no answer: its supply, its wires, its switches")
        return presence.reader_version

    async def _look_at_buttons(self, _beat):
        if self._parts.buttons is None:
            return "none here"
        held = self._parts.buttons.held()
        if held:
            raise Failed(f"number {held[0] + 1} is pressed: is its line shorted to ground?")
        return f"{self._parts.buttons.count} are at rest"

    async def _look_at_coins(self, beat):
        coins = self._parts.coins
        if coins is None:
            return "none here"
        if not await _within(_READER_MS, lambda: coins.quiet_ms() > 0, beat):
            raise Failed("the line never rests: the acceptor's supply, its wire")
        return "the line is at rest"

    async def _look_at_ledger(self, beat):
        ledger = self._ledger
        await _within(_LEDGER_MS, lambda: ledger.link not in (None, ledger.LINK_DOWN), beat)
        if ledger.link == ledger.LINK_UNAUTHORISED:
            raise Failed("does not know this api_token")
        if ledger.link != ledger.LINK_UP:
            raise Failed("out of reach: the lines that begin with ledger: or wifi: say why")
        return "answers and knows this terminal"

    async def _look_at_clock(self, _beat):
        if self._parts.rtc is None:
            return "none here"
        year = self._parts.rtc.datetime()[0]
        if year < _SOUND_YEAR:
            raise Failed(f"it is said to be {year}: no answer of the ledger has told the time yet")
        return f"{year}"


async def _within(limit_ms, holds, beat):
    started = compat.ticks_ms()
    while not holds():
        if compat.ticks_diff(compat.ticks_ms(), started) > limit_ms:
            return False
        beat()
        await compat.sleep_ms(_STEP_MS)
    return True
