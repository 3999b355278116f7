"""What the devices have in common: events, display, ledger, journal, and what they tell people."""

from micropython import const

from cards.uid import BadUid, RandomUid, SeveralAtOnce, token_id
from devices import events
from devices.events import Events
from ledger_client.answers import Accepted, Refused
from system import compat
from system.log import log

_TICK_MS = const(1000)
# How soon a new price is known, and how long a lost connection may go unnoticed where nobody buys.
_CATALOGUE_MS = const(60000)
_DESCRIPTION_LIMIT = const(64)


class Station:
    """A device that a person stands in front of; the subclasses say what it is for.

    Parts put events into `events`; step() takes one and acts. A message stays `message_ms`, then the idle
    screen returns. Subclasses give `_idle()`, which shows their idle screen, and `_on_<kind>(value)`.
    """

    _checking_text = "checking"
    # Of a bus that the device itself listens to.
    health = None

    def __init__(self, parts, config, texts, ledger, journal):
        self._display = parts.display
        self._presence = parts.presence
        self._buzzer = parts.buzzer
        self._config = config
        self._texts = texts
        self._ledger = ledger
        self._journal = journal
        self._backoff = parts.backoff()
        self._beat = None
        self._deadline = None
        self._is_booking = False
        self._shown = None
        self.events = Events()
        self.name = ""
        self.products = {}
        self.permission = None
        self.settlement = None

    def is_idle(self):
        """Tell whether nobody is in the middle of anything here."""
        return self._deadline is None and not self._is_booking

    async def run(self, beat):
        """Serve people for ever."""
        self._beat = beat
        self._release_records()
        await self._idle()
        while True:
            beat()
            await self.step()

    async def step(self):
        """Act on one event, or on time that has run out."""
        kind, value = await self.events.next(self._patience_ms())
        if kind is not None:
            await getattr(self, "_on_" + kind)(value)
        elif self._deadline is None or self._patience_ms() <= 0:
            self._deadline = None
            await self._idle()

    async def keep_catalogue(self, beat):
        """Ask for name, permission and products of this terminal, for ever; sooner after a failure."""
        while True:
            beat()
            answer = await self._ledger.terminal()
            if isinstance(answer, Accepted):
                self._take_catalogue(answer.data)
                self._backoff.reset()
                pause_ms = _CATALOGUE_MS
            else:
                pause_ms = self._backoff.next_ms()
            self.events.put(events.REFRESH)
            is_up = self._ledger.link == self._ledger.LINK_UP
            while pause_ms > 0:
                beat()
                await compat.sleep_ms(min(pause_ms, _TICK_MS * 5))
                pause_ms -= _TICK_MS * 5
                if is_up and not self._is_booking and self._ledger.link != self._ledger.LINK_UP:
                    # Somebody has met trouble: whether it lasts should be known soon. While the booking
                    # itself still tries, the one connection is left to it.
                    break

    def on_token(self, uid):
        """Take a token that has arrived."""
        self.events.put(events.TOKEN, uid)

    def on_settled(self, record, balance_cents):
        """Take the news that the ledger has accepted a record in the background."""
        self.events.put(events.SETTLED, (record, balance_cents))

    async def _idle(self):
        raise NotImplementedError

    async def _on_refresh(self, _value):
        if self._deadline is None:
            await self._idle()

    async def _on_settled(self, _value):
        return

    async def _say(self, name, duration_ms=None, **values):
        # What was said stays readable: the idle screen waits, and what people did meanwhile is forgotten.
        await self._show(name, **values)
        self._stay(duration_ms or self._config.message_ms)
        self.events.forget(events.BUTTON, events.KEY, events.TOKEN)

    async def _show(self, name, **values):
        if self._buzzer and name != self._shown:
            from devices import sounds

            pattern = sounds.of(name)
            if pattern:
                self._buzzer.play(pattern)
        self._shown = name
        await self._display.show(self._texts.lines(name, **values))

    def _stay(self, duration_ms):
        self._deadline = compat.ticks_add(compat.ticks_ms(), duration_ms)

    def _patience_ms(self):
        if self._deadline is None:
            return _TICK_MS
        return max(0, min(_TICK_MS, compat.ticks_diff(self._deadline, compat.ticks_ms())))

    async def _show_idle(self, name):
        """Show what the device waits for, unless it cannot serve or nobody would hear it."""
        if not await self._show_trouble():
            is_down = self._ledger.link == self._ledger.LINK_DOWN
            await self._show("offline" if is_down else name, title=self.name)

    async def _show_trouble(self):
        """Show why the device cannot serve; False when it can."""
        if self._ledger.link == self._ledger.LINK_UNAUTHORISED:
            await self._show("unauthorised")
        elif not self._presence.is_working:
            await self._show("reader_failed")
        elif not self._journal.has_room:
            await self._show("journal_full")
        elif self.permission is None:
            await self._show("connecting" if self._ledger.link == self._ledger.LINK_DOWN else "starting")
        else:
            return False
        return True

    async def _token_of(self, uid):
        """Return the token's id, or say why it cannot be one and return None."""
        try:
            return token_id(uid)
        except RandomUid:
            await self._say("random_uid")
        except SeveralAtOnce:
            await self._say("several_tokens")
        except BadUid:
            await self._say("bad_uid")
        return None

    async def _balance_of(self, token):
        """Return the token's balance in cents, or say why there is none and return None."""
        await self._show("wait")
        answer = await self._ledger.wallet(token)
        if isinstance(answer, Accepted):
            return answer.balance_cents
        await self._say_failure(answer)
        return None

    async def _preview(self, record):
        """Return the balance in cents that a record would leave, or say why it cannot be and return None."""
        await self._show("wait")
        answer = await self._ledger.preview(record)
        if isinstance(answer, Accepted):
            return answer.balance_cents
        await self._say_refusal(record, answer)
        return None

    async def _book(self, record, conclude):
        """Write the intent, ask the ledger until time is up, and let conclude(record, answer) act on it.

        Meanwhile the background leaves the record alone; what is still open afterwards is its to settle.
        """
        record.is_held = True
        if not self._journal.has_room or not self._journal.begin(record):
            # Nothing was sent, so there is nothing to settle.
            self._journal.forget(record)
            await self._say("journal_full")
            return
        self._is_booking = True
        try:
            await self._show("wait")
            deadline_ms = self._deadline_ms(record)
            await conclude(
                record, await self._ledger.post_until_known(record, deadline_ms, self._say_checking)
            )
        finally:
            self._is_booking = False
            record.is_held = False
            self.settlement.wake()

    def _deadline_ms(self, _record):
        return self._config.purchase_deadline_ms

    async def _say_refusal(self, record, answer):
        await self._say_failure(answer)

    async def _say_failure(self, answer):
        """Say why the ledger did not do it."""
        if not isinstance(answer, Refused):
            await self._say("no_connection")
        elif answer.status == 401:
            await self._say("unauthorised")
        elif answer.code == "token_blocked":
            await self._say("blocked_token")
        elif answer.status == 404:
            await self._say("unknown_token")
        elif answer.status == 403:
            await self._say("forbidden")
        else:
            await self._say("refused", code=answer.code)

    async def _say_checking(self, is_doubtful):
        self._beat()
        await self._show(self._checking_text if is_doubtful else "connecting")

    def _release_records(self):
        # When this task was started again after a failure, what it was doing is the background's to settle.
        for record in self._journal.open_records:
            record.is_held = False

    def _take_catalogue(self, data):
        self.name = data["friendly_name"]
        self.permission = data.get("permission") or "all"
        self.products = {}
        for product in data["products"]:
            name = product.get("friendly_name") or product["id"]
            self.products[product["id"]] = (name[:_DESCRIPTION_LIMIT], product["price"])
        log("station", f"{self.name} sells {len(self.products)} products")
