"""Watches the reader: one event for each token that arrives, and mends the reader when it fails."""

from micropython import const

from cards.uid import SEVERAL
from drivers.reader import ReaderError, SeveralTokens
from system import compat
from system.bus import BusHealth
from system.log import log

_INTERVAL_MS = const(150)
# A token at the edge of the field is missed now and then; it has left when it is missed so often in a row.
_MISSES_TO_LEAVE = const(2)
# Noise may look like a second token; there is one when it is met so often in a row.
_LOOKS_AT_SEVERAL = const(2)
_FIRST_BACK_OFF_MS = const(250)
_LONGEST_BACK_OFF_MS = const(8000)
_QUIET_FAILURES = const(2)
_FAILURES_TO_POWER = const(4)


class Presence:
    """The token on the reader, edge-triggered: it is told again only after it has left.

    Several tokens at once are told as the UID `SEVERAL`, once; one that was told before has not left by that.
    """

    def __init__(self, reader, on_token=None):
        """Give a drivers.reader.Reader and on_token(uid bytes)."""
        self._reader = reader
        self.on_token = on_token
        self._misses = 0
        self._several = 0
        self.uid = None
        self.is_working = True
        self.health = BusHealth("reader")

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
                    self.health.works()
                self.is_working, failures = True, 0
                await compat.sleep_ms(_INTERVAL_MS)
            except ReaderError as error:
                failures += 1
                self.health.fails()
                log("reader", f"failure {failures}: {error}")

    async def _mend(self, failures):
        # The ladder: start again at once, then through the reset pin, then through the switch of its supply,
        # where they are wired, with growing pauses.
        if failures > _QUIET_FAILURES:
            self.is_working = False
            await compat.sleep_ms(min(_FIRST_BACK_OFF_MS << min(failures, 8), _LONGEST_BACK_OFF_MS))
            if failures > _FAILURES_TO_POWER:
                await self._reader.power_cycle()
            else:
                await self._reader.hard_reset()
        await self._reader.start()

    async def _look(self):
        try:
            uid = await self._reader.read_uid()
            if uid is None and self.uid is not None:
                await self._reader.restart_field()
                uid = await self._reader.read_uid()
        except SeveralTokens:
            self._misses = 0
            self._several += 1
            if self._several >= _LOOKS_AT_SEVERAL and self.uid is None:
                self._tell(SEVERAL)
            return
        self._several = 0
        if uid is None:
            self._misses += 1
            if self._misses >= _MISSES_TO_LEAVE:
                self.uid = None
            return
        self._misses = 0
        if uid != self.uid:
            self._tell(uid)

    def _tell(self, uid):
        self.uid = uid
        self.on_token(uid)
