"""The coin station: hold a token, insert coins, and each coin is credited to that token."""

from micropython import const

from devices.station import Station
from journal import records
from system import compat
from system.log import log

COIN = "coin"
UNKNOWN_COIN = "unknown_coin"
STUCK = "stuck"
# From the fall of a coin to its last pulse, and what the acceptor still has in its chute.
_QUIET_MS = const(800)
_LONGEST_DRAIN_MS = const(20000)
_LOOK_MS = const(50)


class CoinStation(Station):
    """Credits coins to the token that opened the session. A coin that was taken is never dropped.

    Each coin is one journal record, complete before anything else happens with it: from an acceptor with
    pulses it is begun at the first one, and from one that counts by itself it brings the `mark` up to which
    that has counted, so that no coin is booked twice or forgotten when the power fails in between. The
    settlement credits it, at once or when the ledger can be reached again. The slot is open only
    while a session is, the journal has room and the ledger knows this terminal. A coin that falls after the
    session belongs to its token.
    """

    def __init__(self, parts, config, texts, ledger, journal):
        super().__init__(parts, config, texts, ledger, journal)
        self._coins = parts.coins
        self._token = None
        self._counting = None
        self._is_open = False
        self._is_stuck = False
        self._stuck_text = None
        self._closed_at = compat.ticks_ms()
        self._received_cents = 0
        self._credited_cents = 0

    async def step(self):
        """Act on one event, then open or close the slot as things stand now."""
        await super().step()
        self._set_slot()

    def on_counting(self):
        """Write down that a coin has begun to count: should the power fail now, people are told of it."""
        self._counting = self._journal.new_record(records.COUNTING, self._token or "", None)
        self._counting.is_held = True
        self._journal.begin(self._counting)

    def on_coin(self, cents, mark=None):
        """Take a coin that has been counted; False when it has to be told again, because flash refused it."""
        record = self._counted()
        if not record.token:
            return self._note(record, cents, "no token", mark)
        if not self._keep(record, records.COIN, cents, self._texts.plain("coin_description"), mark):
            return False
        if record.token == self._token:
            self._received_cents += cents
        self.events.put(COIN, record)
        return True

    def on_unknown_coin(self, cents, why, mark=None):
        """Note a coin whose worth is not certain, for people to decide; it is never rounded to a real one."""
        return self._note(self._counted(), cents, why, mark)

    def on_remark(self, why, mark):
        """Note for people what the acceptor has counted and nobody can book; False when flash refused it."""
        return self._keep(self._counted(), records.UNKNOWN_COIN, None, why, mark)

    def on_mark(self, mark):
        """Keep up to where the acceptor has counted, no coin being among it; False when flash refused it."""
        return self._journal.keep_coin_mark(mark, self._token or self._journal.coin_token)

    def coin_mark(self):
        """Return the mark kept last, of this start or of one before; None when there is none."""
        return self._journal.coin_mark

    def on_stuck(self, is_stuck, text="coin_slot_failed"):
        """Take the news that the acceptor cannot be used, with the text that says why, or can be again."""
        log("coins", text if is_stuck else "free again")
        self._is_stuck, self._stuck_text = is_stuck, text
        self.events.put(STUCK)

    def _counted(self):
        # The record of the first pulse, with the token of that moment; there is none when it had to wait for
        # the flash, and the coin was over before.
        record, self._counting = self._counting, None
        if record is None:
            token = self._token or self._journal.coin_token
            return self._journal.new_record(records.COUNTING, token, None)
        record.is_held = False
        return record

    def _note(self, record, cents, why, mark):
        is_taken = self._keep(record, records.UNKNOWN_COIN, cents, why, mark)
        if is_taken:
            self.events.put(UNKNOWN_COIN)
        return is_taken

    def _keep(self, record, kind, cents, text, mark):
        record.kind, record.cents, record.text, record.item = kind, cents, text, mark
        is_durable = self._journal.begin(record)
        if not is_durable and mark:
            # The acceptor remembers this coin and tells it again: booked from memory it could come twice.
            self._journal.forget(record)
        elif not is_durable:
            log("coins", f"{record.key}: {record.cents} cents of {record.token} are in memory only")
        self.settlement.wake()
        self._set_slot()
        return is_durable or not mark

    def _release_records(self):
        super()._release_records()
        if self._counting is not None:
            # The acceptor's task counts on while this one starts again.
            self._counting.is_held = True

    def _set_slot(self):
        is_known = self._ledger.link != self._ledger.LINK_UNAUTHORISED
        self._coins.accept(self._is_open and is_known and self._journal.has_room_for_coins)
        now = compat.ticks_ms()
        self._closed_at = now if self._is_open else compat.aged(self._closed_at, _LONGEST_DRAIN_MS)

    async def _show_trouble(self):
        if self._is_stuck:
            await self._show(self._stuck_text)
            return True
        return await super()._show_trouble()

    async def _idle(self):
        was_open, self._is_open = self._is_open, False
        self._set_slot()
        if was_open and self._credited_cents < self._received_cents:
            await self._say("coin_waiting", amount_cents=self._received_cents - self._credited_cents)
        else:
            await self._show_idle("coin_idle")

    async def _on_token(self, uid):
        token = await self._token_of(uid)
        if token is None:
            return
        if self.permission == "debit":
            await self._say("forbidden")
            return
        if token != self._token:
            await self._drain()
        if self._is_stuck:
            # What it has not told yet belongs to the token before.
            await self._say(self._stuck_text)
            return
        balance_cents = await self._balance_of(token)
        if balance_cents is None:
            return
        if self._coins.mark and not self._journal.keep_coin_mark(self._coins.mark, token):
            await self._say("journal_full")
            return
        self._token = token
        self._is_open = not self._is_stuck
        self._received_cents = self._credited_cents = 0
        await self._show("coin_session", balance_cents=balance_cents)
        self._stay(self._config.session_timeout_ms)

    async def _drain(self):
        # Coins that have passed the gate belong to the token before this one: close, and count them out.
        self._is_open = False
        self._set_slot()
        while self._token is not None or self._journal.coin_mark is not None:
            waited_ms = compat.ticks_diff(compat.ticks_ms(), self._closed_at)
            if min(waited_ms, self._coins.quiet_ms()) >= _QUIET_MS or waited_ms >= _LONGEST_DRAIN_MS:
                return
            self._beat()
            await compat.sleep_ms(_LOOK_MS)

    async def _on_coin(self, record):
        if record.token != self._token:
            # A coin of the person before; this session shows its own.
            return
        await self._show("coin_received", amount_cents=self._received_cents)
        self._stay(self._config.session_timeout_ms if self._is_open else self._config.message_ms)

    async def _on_unknown_coin(self, _value):
        await self._show("coin_unknown")
        self._stay(self._config.session_timeout_ms if self._is_open else self._config.message_ms)

    async def _on_stuck(self, _value):
        self._deadline = None
        await self._idle()

    async def _on_settled(self, value):
        record, balance_cents = value
        if record.token != self._token or not self._received_cents:
            return
        self._credited_cents += record.cents
        if not self._is_open:
            return
        if self._credited_cents >= self._received_cents:
            await self._show("coin_credited", amount_cents=self._credited_cents, balance_cents=balance_cents)


def prepare(parts, config, texts, ledger, journal):
    """Return the device and its own tasks as (name, run, longest silence in ms)."""
    device = CoinStation(parts, config, texts, ledger, journal)

    async def count_coins(beat):
        await parts.coins.run(device, beat)

    return device, (("coins", count_coins, 30000),)
