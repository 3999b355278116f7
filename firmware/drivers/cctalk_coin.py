"""A coin acceptor on ccTalk: identified, inhibited, polled, and each of its coins told exactly once."""

from micropython import const

from drivers import credit_buffer
from drivers.cctalk import CcTalkError
from system import compat
from system.bus import BusHealth
from system.log import log

# Command headers, part 2.
_MODIFY_INHIBITS = const(231)
_READ_CREDIT = const(229)
_MODIFY_MASTER = const(228)
_POLL_MS = const(200)
# A lost command is mended, and an acceptor that started again by itself is opened again.
_INHIBIT_AGAIN_MS = const(2000)
_SILENT_MS = const(5000)
_RETRY_MS = const(500)
_LONGEST_QUIET_MS = const(60000)
# Part 2, 229: what a rejected or inhibited coin says; they are everyday.
_EVERYDAY_ERRORS = (1, 2)


class CcTalkCoin:
    """Tells of coins from the acceptor's credit buffer, and opens it only while that is wanted and safe.

    Give the line, and a configuration with coin_currency and coins_cents, the coins that are taken. The
    listener is as for PulseCoin, except that a coin is told when it is whole, and that each call brings
    `mark`, the reading to keep in the same record; one that returns False did not reach the flash and is
    made again.
    """

    def __init__(self, line, config):
        self._line = line
        self._config = config
        self._ids = []
        self._cents = []
        self._reading = None
        self._is_wanted = False
        # What the acceptor has acknowledged; None while that is not certain.
        self._is_open = None
        self._set_ms = 0
        self._moved_ms = self._answered_ms = compat.ticks_ms()
        self._trouble = None
        self.health = BusHealth("coin acceptor")

    @property
    def mark(self):
        """The reading up to which everything was told, as text for the flash; None before the first one."""
        return credit_buffer.mark_of(self._reading) if self._reading else None

    def accept(self, is_wanted):
        """Open or close the slot, with the next poll; a coin that is already falling still counts."""
        self._is_wanted = is_wanted

    def quiet_ms(self):
        """Return for how long nothing has happened up to the last poll; 0 while the slot may be open."""
        if self._reading is None or self._is_open is not False:
            return 0
        return compat.ticks_diff(self._answered_ms, self._moved_ms)

    async def run(self, listener, beat):
        """Poll for ever; on_stuck(is_stuck, text) tells when it does not answer, or has lost coins."""
        while True:
            beat()
            try:
                if not self._ids:
                    await self._identify(beat)
                await self._poll(listener)
                await self._set_inhibits()
            except CcTalkError as error:
                self._is_open = None
                self.health.fails()
                self._note_failure(listener, error)
                await compat.sleep_ms(_RETRY_MS)
            else:
                await compat.sleep_ms(_POLL_MS)

    async def _identify(self, beat):
        from drivers import cctalk_identity

        self._ids = await cctalk_identity.identify(self._line, beat)
        self._cents = cctalk_identity.worth(self._ids, self._config)
        compat.forget("drivers.cctalk_identity")

    async def _poll(self, listener):
        now = await self._line.ask(_READ_CREDIT, length=credit_buffer.LENGTH)
        self._answered_ms = compat.ticks_ms()
        self._moved_ms = compat.aged(self._moved_ms, _LONGEST_QUIET_MS)
        self.health.works()
        self._note_answer(listener)
        before = self._reading or credit_buffer.of_mark(listener.coin_mark())
        what, count = credit_buffer.compare(before, now)
        if what == credit_buffer.NEWS:
            self._reading = before
            self._tell(listener, credit_buffer.steps(before, now, count))
        elif self._take_baseline(listener, what, count, now):
            self._reading = now
        if count or what != credit_buffer.NEWS:
            self._moved_ms = self._answered_ms

    def _tell(self, listener, steps):
        for reading in steps:
            position, code = reading[1], reading[2]
            mark = credit_buffer.mark_of(reading)
            if not position:
                if code not in _EVERYDAY_ERRORS:
                    log("coins", f"event {code}")
                is_kept = listener.on_mark(mark)
            else:
                cents = self._cents[position - 1] if position <= len(self._cents) else None
                if cents:
                    is_kept = listener.on_coin(cents, mark)
                else:
                    is_kept = listener.on_unknown_coin(None, f"coin {self._name_of(position)}", mark)
            if not is_kept:
                return
            self._reading = reading

    def _take_baseline(self, listener, what, count, now):
        # Nothing is credited here: how many of these coins were told before, nobody knows.
        mark = credit_buffer.mark_of(now)
        if what == credit_buffer.LOST:
            self._alarm(listener, "coins_lost")
            return listener.on_remark(f"{count} events, coins lost", mark)
        if what == credit_buffer.RESET:
            log("coins", "the acceptor has started again")
            # It may be another one.
            self._ids = []
            coins = sum([1 for number in range(1, credit_buffer.LENGTH, 2) if now[number]])
            if coins:
                return listener.on_remark(f"acceptor reset, {coins} coins not booked", mark)
        elif now[0]:
            return listener.on_remark(f"counter {now[0]} was not known", mark)
        return listener.on_mark(mark)

    async def _set_inhibits(self):
        may_open = self._is_wanted and self._reading is not None and self._trouble is None and bool(self._ids)
        age_ms = compat.ticks_diff(compat.ticks_ms(), self._set_ms)
        if may_open == self._is_open and age_ms < _INHIBIT_AGAIN_MS:
            return
        if may_open != self._is_open:
            self._moved_ms = compat.ticks_ms()
        self._is_open = None
        enabled = 0
        for number, cents in enumerate(self._cents):
            if cents:
                enabled |= 1 << number
        # All coins are inhibited after power-up, so both are told each time; the closing one comes first.
        await self._line.ask(_MODIFY_MASTER, bytes((1 if may_open else 0,)))
        await self._line.ask(_MODIFY_INHIBITS, bytes((enabled & 0xFF, enabled >> 8)))
        self._is_open = may_open
        self._set_ms = compat.ticks_ms()

    def _name_of(self, position):
        return self._ids[position - 1] if 0 < position <= len(self._ids) else f"position {position}"

    def _note_failure(self, listener, error):
        if self._trouble is None and compat.ticks_diff(compat.ticks_ms(), self._answered_ms) > _SILENT_MS:
            log("coins", f"acceptor: {error}")
            self._ids = []
            self._alarm(listener, "coin_acceptor_silent")

    def _note_answer(self, listener):
        if self._trouble == "coin_acceptor_silent":
            log("coins", "the acceptor answers again")
            self._trouble = None
            listener.on_stuck(False)

    def _alarm(self, listener, text):
        if self._trouble != text:
            self._trouble = text
            listener.on_stuck(True, text)
