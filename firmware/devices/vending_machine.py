"""The vending machine: hold a token, choose at the machine, and it vends what the ledger has debited."""

import asyncio

from micropython import const

from devices.station import Station
from drivers import mdb_events as bus
from drivers.mdb_link import Link
from drivers.mdb_messages import Answers
from drivers.mdb_session import ENABLED, Session
from journal import records
from ledger_client.answers import Accepted, Refused
from system import compat
from system.bus import BusHealth
from system.log import log

ASKED = "asked"
NEWS = "news"
_LOOK_MS = const(1000)
_REPORT_MS = const(60000)
_NO_ITEM = const(0xFFFF)
# Vends whose fate is not known; more would not fit beside all else in memory.
_OPEN_VENDS = const(8)
_LONGEST_ANSWER_S = const(255)


class VendingMachine(Station):
    """Pays for what a vending machine sells. Never two debits for one item, never an item without a debit.

    A vend goes: intent on flash, the ledger asked under its key, approval on flash, VEND APPROVED on the bus,
    outcome on flash. What the machine could not deliver, or asks for no longer, is given back by the key. A
    RESET after the approval was sent counts as delivered (MDB/ICP 7.4.7). Cash put onto the medium goes the
    same way. Cash sales are told on the console and counted in `cash_sales`.
    """

    def __init__(self, parts, config, texts, ledger, journal):
        super().__init__(parts, config, texts, ledger, journal)
        self._unit_cents = config.mdb_scale * 10 ** (2 - config.mdb_decimals)
        answer_s = (config.purchase_deadline_ms + config.request_timeout_ms) // 1000 + 1
        serial = "0000" + journal.prefix.split("-")[0]
        answers = Answers(config.mdb_scale, config.mdb_decimals, min(answer_s, _LONGEST_ANSWER_S), serial)
        self._reader = Session(answers)
        if config.mdb_revalue:
            self._reader.revalue_limit_units = min(config.top_up_limit_cents // self._unit_cents, 0xFFFE)
        self._link = Link(parts.vending_words, self._reader)
        self._token = None
        self._is_open = self._is_choosing = False
        self._request = 0
        # The record that the machine has been let go for, until its outcome is known.
        self._record = None
        self._ended = asyncio.Event()
        self._reported = 0
        self.health = BusHealth("vending bus")
        self._reported_ms = compat.ticks_ms()
        self.cash_sales = 0

    async def watch_bus(self, beat):
        """Act on what happens on the bus, for ever. Outcomes are journalled here, whatever else goes on."""
        while True:
            beat()
            await compat.flagged_within(self._reader.events.filled, _LOOK_MS)
            event = self._reader.events.next()
            while event is not None:
                self._take(*event)
                event = self._reader.events.next()
            self._report()

    def is_idle(self):
        """Tell whether no session is open, and nobody is in the middle of anything here."""
        return not self._is_open and super().is_idle()

    def _take(self, event, first, second, request):
        if event in (bus.VEND_ASKED, bus.REVALUE_ASKED):
            self.events.put(ASKED, (event, first, second, request))
        elif event == bus.VEND_SUCCEEDED:
            self._end(records.VENDED)
        elif event == bus.REVALUED:
            self._end(records.CREDITED)
        elif event in (bus.VEND_FAILED, bus.VEND_CANCELLED):
            self._fail()
        elif event == bus.CASH_SOLD:
            self.cash_sales += 1
            log("mdb", f"cash sale: {first * self._unit_cents} cents, item {second}")
        elif event == bus.WAS_RESET:
            log("mdb", "reset by the machine")
            if first:
                self._end(records.VENDED, "reset during delivery")
            self._fail()
            self.events.put(NEWS, event)
        else:
            self.events.put(NEWS, event)

    def _end(self, state, note=None):
        record = self._record
        if record is not None and record.state == records.APPROVED:
            self._journal.mark(record, state, note)
            self._ended.set()

    def _fail(self):
        record = self._record
        if record is None or record.state != records.APPROVED:
            return
        if not self._journal.mark(record, records.FAILED):
            # It is given back now, from memory; when the power fails first, it is flagged as delivered.
            record.state = records.FAILED
        self._ended.set()

    def _report(self):
        bad = self._link.spoilt + self._link.late + self._reader.events.discards
        now = compat.ticks_ms()
        if compat.ticks_diff(now, self._reported_ms) < _REPORT_MS:
            return
        fresh, self._reported, self._reported_ms = bad - self._reported, bad, now
        if fresh:
            self.health.fails(fresh)
            told = f"{self._link.spoilt} blocks spoilt, {self._link.late} heard too late"
            log("mdb", told + ", since the start")
        else:
            self.health.works()

    async def _show_trouble(self):
        if await super()._show_trouble():
            return True
        if self._reader.is_silent:
            await self._show("machine_silent")
        elif self._reader.state < ENABLED:
            await self._show("machine_not_ready")
        else:
            return False
        return True

    async def _idle(self):
        if self._is_open and not self._reader.is_silent:
            # Nothing was chosen in time; the machine answers this by ending the session.
            self._reader.cancel()
            self._is_choosing = True
            await self._show("wait")
            self._stay(self._config.message_ms)
            return
        self._is_open = False
        if not await self._show_trouble():
            await self._show("vending_idle", title=self.name)

    async def _on_token(self, uid):
        if self._is_open or await self._show_trouble():
            return
        token = await self._token_of(uid)
        if token is None:
            return
        balance_cents = await self._balance_of(token)
        if balance_cents is None:
            return
        if not self._reader.begin(max(0, balance_cents) // self._unit_cents):
            await self._say("machine_not_ready")
            return
        self._token, self._is_open, self._is_choosing = token, True, True
        await self._show("choose_item", balance_cents=balance_cents)
        self._stay(self._config.session_timeout_ms)

    async def _on_news(self, event):
        if event == bus.WAS_ENABLED:
            return
        was_open, self._is_open = self._is_open, False
        if was_open and self._is_choosing:
            self._deadline = None
            await self._idle()

    async def _on_asked(self, value):
        event, units, item, request = value
        cents = units * self._unit_cents
        if cents and self._is_open and self._reader.is_asking(request):
            is_vend = event == bus.VEND_ASKED
            record = self._journal.new_record(
                records.VEND if is_vend else records.REVALUE, self._token, cents
            )
            record.text = self._texts.plain("vend_description" if is_vend else "revalue_description")
            if is_vend and item != _NO_ITEM:
                record.text += f" {item}"
            self._request, self._is_choosing = request, False
            await self._book(record, self._conclude)
        # Whatever has not been approved by now is refused.
        self._reader.deny(request)

    async def _on_settled(self, value):
        record, balance_cents = value
        if record.state == records.REVERSED and record.token == self._token and balance_cents is not None:
            await self._say("given_back", amount_cents=record.cents, balance_cents=balance_cents)

    async def _conclude(self, record, answer):
        if isinstance(answer, Accepted):
            await self._deliver(record, answer.balance_cents)
        elif isinstance(answer, Refused):
            self._journal.mark(record, records.REFUSED)
            await self._say_refusal(record, answer)
        elif not answer.was_sent:
            self._journal.mark(record, records.NOT_SENT)
            await self._say("no_connection")
        else:
            # The record stays open: the settlement makes its net effect zero.
            await self._say("not_vended", 2 * self._config.message_ms)

    async def _deliver(self, record, balance_cents):
        if not self._reader.is_asking(self._request):
            # The approval comes too late, so it is none; the settlement gives back what was charged.
            await self._say("vend_cancelled")
            return
        if not self._journal.mark(record, records.APPROVED):
            # Without the approval on flash a power cut could give the money back after the goods.
            await self._say("not_vended", 2 * self._config.message_ms)
            return
        self._record = record
        self._ended.clear()
        if not self._approve(record):
            self._fail()
        await self._show("vending", item=record.text, price_cents=record.cents)
        while record.state == records.APPROVED:
            self._beat()
            await compat.flagged_within(self._ended, _LOOK_MS)
        self._record = None
        await self._tell(record, balance_cents)

    def _approve(self, record):
        if record.kind == records.REVALUE:
            return self._reader.approve_revalue(self._request)
        return self._reader.approve(self._request, record.cents // self._unit_cents)

    async def _tell(self, record, balance_cents):
        log("mdb", f"{record.text}, {record.cents} cents of {record.token}: {record.state}")
        if record.state == records.VENDED:
            await self._say("vended", item=record.text, balance_cents=balance_cents)
        elif record.state == records.CREDITED:
            await self._say("revalued", amount_cents=record.cents, balance_cents=balance_cents)
        else:
            await self._say("vend_failed", amount_cents=record.cents)

    async def _say_refusal(self, record, answer):
        if answer.balance_cents is None:
            await self._say_failure(answer)
            return
        await self._say(
            "vend_too_little",
            2 * self._config.message_ms,
            balance_cents=answer.balance_cents,
            price_cents=record.cents,
        )


def prepare(parts, config, texts, ledger, journal):
    """Return the device and its own tasks as (name, run, longest silence in ms)."""
    if config.language == "de":
        from system.texts_vending_de import TEXTS
    else:
        from system.texts_vending_en import TEXTS
    texts.extend(TEXTS)
    journal.capacity = _OPEN_VENDS
    device = VendingMachine(parts, config, texts, ledger, journal)
    return device, (("bus", device.watch_bus, 30000),)
