"""The NFC terminal: shows a balance, and lets staff top a token up by amounts from a keypad."""

from devices import events
from devices.station import Station
from journal import records
from ledger_client.answers import Accepted, Refused

_MOST_DIGITS = 7


class NfcTerminal(Station):
    """A tap shows the balance; an amount in cents, `#` and a tap book that amount; `*` clears.

    With `confirm` the tap shows the balance afterwards, and another `#` books.

    The staff has taken the cash when the token is held. So a top-up whose outcome is not known is never
    asked for a second time by hand: the settlement books it under the same key, once.
    """

    _checking_text = "checking_top_up"

    def __init__(self, parts, config, texts, ledger, journal):
        super().__init__(parts, config, texts, ledger, journal)
        self._clear()

    def on_key(self, key):
        """Take a key that went down."""
        self.events.put(events.KEY, key)

    async def _idle(self):
        self._clear()
        may_credit = self.permission in ("credit", "all")
        await self._show_idle("terminal_credit_idle" if may_credit else "terminal_idle")

    def _clear(self):
        self._digits, self._is_confirmed, self._offered = "", False, None

    async def _on_key(self, key):
        if key == "*":
            self._deadline = None
            await self._idle()
            return
        if await self._show_trouble():
            return
        if self.permission not in ("credit", "all"):
            await self._say("forbidden")
        elif self._offered:
            if key == "#":
                record = self._offered
                self._clear()
                await self._book(record, self._conclude)
        elif key == "#":
            await self._confirm()
        elif key.isdigit() and not self._is_confirmed:
            self._digits = (self._digits + key)[:_MOST_DIGITS]
            await self._show("amount", amount_cents=int(self._digits))
            self._stay(self._config.selection_timeout_ms)

    async def _confirm(self):
        amount_cents = int(self._digits or "0")
        if not amount_cents:
            return
        if amount_cents > self._config.top_up_limit_cents:
            self._digits = ""
            await self._say("over_limit", limit_cents=self._config.top_up_limit_cents)
            return
        self._is_confirmed = True
        await self._show("top_up_hold", amount_cents=amount_cents)
        self._stay(2 * self._config.selection_timeout_ms)

    async def _on_token(self, uid):
        if self._offered:
            # `#` or `*` decides; a token at the edge of the field comes and goes by itself.
            return
        amount_cents = int(self._digits) if self._is_confirmed else 0
        self._clear()
        token = await self._token_of(uid)
        if token is None:
            return
        if amount_cents:
            await self._top_up(token, amount_cents)
            return
        balance_cents = await self._balance_of(token)
        if balance_cents is not None:
            await self._say("balance", balance_cents=balance_cents)

    async def _top_up(self, token, amount_cents):
        record = self._journal.new_record(records.TOP_UP, token, amount_cents)
        record.text = self._texts.plain("top_up_description")
        if not self._config.confirm:
            await self._book(record, self._conclude)
            return
        balance_cents = await self._preview(record)
        if balance_cents is not None:
            self._offered = record
            await self._show("top_up_offer", amount_cents=amount_cents, balance_cents=balance_cents)
            self._stay(self._config.selection_timeout_ms)

    async def _conclude(self, record, answer):
        if isinstance(answer, Accepted):
            self._journal.mark(record, records.CREDITED)
            await self._say(
                "topped_up",
                2 * self._config.message_ms,
                amount_cents=record.cents,
                balance_cents=answer.balance_cents,
            )
        elif isinstance(answer, Refused):
            self._journal.mark(record, records.REFUSED)
            await self._say_failure(answer)
        elif not answer.was_sent:
            self._journal.mark(record, records.NOT_SENT)
            await self._say("no_connection")
        else:
            await self._say("top_up_unknown", 2 * self._config.message_ms)

    async def _on_settled(self, value):
        record, balance_cents = value
        if record.kind == records.TOP_UP and not self._digits and not self._offered:
            await self._say(
                "topped_up",
                2 * self._config.message_ms,
                amount_cents=record.cents,
                balance_cents=balance_cents,
            )


def prepare(parts, config, texts, ledger, journal):
    """Return the device and its own tasks as (name, run, longest silence in ms)."""
    device = NfcTerminal(parts, config, texts, ledger, journal)

    async def watch_keys(beat):
        await parts.keypad.run(device.on_key, beat)

    return device, (("keypad", watch_keys, 30000),)
