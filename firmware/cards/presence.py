"""Watches the reader: one event for each token that arrives, and mends the reader when it fails."""

from micropython import const

from drivers.pn532 import ReaderError
from system import compat
from system.log import log

_INTERVAL_MS = const(150)
# A token at the edge of the field is missed now and then; it has left when it is missed so often in a row.
_MISSES_TO_LEAVE = const(2)
_FIRST_BACK_OFF_MS = const(250)
_LONGEST_BACK_OFF_MS = const(8000)
_QUIET_FAILURES = const(2)


class Presence:
    """The token on the reader, edge-triggered: it is told again only after it has left."""

    def __init__(self, reader, on_token=None):
        """Give the reader chip (start, hard_reset, read_uid, restart_field) and on_token(uid bytes)."""
        self._reader = reader
        self.on_token = on_token
        self._misses = 0
        self.uid = None
        self.is_working = True
        self.failures = 0

    @property
    def reader_version(self):
        """Return what the reader calls itself, or None before it has answered."""
        return self._reader.version

    async def run(self, beat):
        """Watch for ever; a reader that fails is restarted, reset, and then left alone longer and longer."""
        failures = 1
        while True:
            beat()
            try:
                if failures:
                    await self._mend(failures)
                await self._look()
                if failures:
                    log("reader", f"working: {self._reader.version}")
                self.is_working, failures = True, 0
                await compat.sleep_ms(_INTERVAL_MS)
            except ReaderError as error:
                failures += 1
                self.failures += 1
                log("reader", f"failure {failures}: {error}")

    async def _mend(self, failures):
        # The ladder: start again at once, then through the reset pin, then with growing pauses.
        if failures > _QUIET_FAILURES:
            self.is_working = False
            await compat.sleep_ms(min(_FIRST_BACK_OFF_MS << min(failures, 8), _LONGEST_BACK_OFF_MS))
            await self._reader.hard_reset()
        await self._reader.start()

    async def _look(self):
        uid = await self._reader.read_uid()
        if uid is None and self.uid is not None:
            await self._reader.restart_field()
            uid = await self._reader.read_uid()
        if uid is None:
            self._misses += 1
            if self._misses >= _MISSES_TO_LEAVE:
                self.uid = None
            return
        self._misses = 0
        if uid != self.uid:
            self.uid = uid
            self.on_token(uid)
