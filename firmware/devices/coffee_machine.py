"""The coffee machine: choose and tap, or tap and choose; pay, and the relay lets the machine brew once."""

from devices import events
from devices.station import Station
from journal import records
from ledger_client.answers import Accepted, Refused
from system.log import log


class CoffeeMachine(Station):
    """Sells this terminal's products. Never two debits for one cup, never a cup without a debit.

    Who chooses first buys with the tap; with `confirm`, or who taps first, is shown price and balance
    afterwards, and buys by pressing the button again.

    A purchase goes: intent on flash, the ledger asked under its key, approval on flash, relay, outcome on
    flash. Wherever it stops, the journal tells what the settlement has to do with it.
    """

    def __init__(self, parts, config, texts, ledger, journal):
        super().__init__(parts, config, texts, ledger, journal)
        self._relay = parts.relay
        self._allowance = None
        self._forget_choice()

    def on_press(self, index):
        """Take a pressed product button."""
        self.events.put(events.BUTTON, index)

    async def _idle(self):
        self._forget_choice()
        await self._show_idle("coffee_idle")

    def _forget_choice(self):
        self._selected = self._token = self._offered = None

    async def _on_button(self, index):
        if await self._show_trouble():
            return
        product_id = self._product_of_button(index)
        if product_id not in self.products:
            self._forget_choice()
            await self._say("no_product")
            return
        if self._token:
            await self._choose(product_id)
            return
        self._selected = product_id
        item, price_cents = self.products[product_id]
        text = "lift_token" if self._presence.uid else "hold_token"
        await self._show(text, item=item, price_cents=price_cents)
        self._stay(self._config.selection_timeout_ms)

    async def _on_token(self, uid):
        product_id, before = self._selected, self._token
        token = await self._token_of(uid)
        if self._offered and token == before:
            # A token at the edge of the field comes and goes by itself: that is no yes.
            return
        self._forget_choice()
        if token is None:
            return
        if product_id in self.products:
            await (self._offer if self._config.confirm else self._buy)(token, product_id)
            return
        balance_cents = await self._balance_of(token)
        if balance_cents is not None:
            await self._say("balance_and_choose", 2 * self._config.message_ms, balance_cents=balance_cents)
            self._token = token

    async def _choose(self, product_id):
        """Take the choice of who has tapped already; the second press of the same button buys."""
        token, record = self._token, self._offered
        self._forget_choice()
        if record and record.item == product_id and record.cents == self.products[product_id][1]:
            await self._book(record, self._conclude)
        else:
            await self._offer(token, product_id)

    async def _offer(self, token, product_id):
        """Show what the balance would be; the key of the sale is made here and stays with it."""
        record = self._new_vend(token, product_id)
        balance_cents = await self._preview(record)
        if balance_cents is None:
            return
        self._token, self._offered = token, record
        await self._show("offer", item=record.text, price_cents=record.cents, balance_cents=balance_cents)
        self._stay(self._config.selection_timeout_ms)

    def _product_of_button(self, index):
        if self._config.buttons:
            return self._config.buttons[index] if index < len(self._config.buttons) else None
        ids = sorted(self.products)
        return ids[index] if index < len(ids) else None

    async def _buy(self, token, product_id):
        await self._book(self._new_vend(token, product_id), self._conclude)

    def _new_vend(self, token, product_id):
        item, price_cents = self.products[product_id]
        record = self._journal.new_record(records.VEND, token, price_cents)
        record.item, record.text = product_id, item
        return record

    def _take_catalogue(self, data):
        super()._take_catalogue(data)
        grant = data.get("offline")
        if grant and self._allowance is None:
            from devices.offline import Allowance

            self._allowance = Allowance()
        if self._allowance:
            self._allowance.renew(grant)

    async def _on_refresh(self, value):
        if self._allowance:
            self._allowance.look()
        await super()._on_refresh(value)

    def _may_be_owed(self, record):
        # Only where the ledger decides nothing: what it refuses is no matter of allowance.
        is_down = self._ledger.link == self._ledger.LINK_DOWN
        return is_down and self._allowance and self._allowance.allows(record, self._journal.open_records)

    def _deadline_ms(self, record):
        # Who may sell without the ledger asks it once, and does not let anybody wait.
        return 0 if self._may_be_owed(record) else super()._deadline_ms(record)

    async def _conclude(self, record, answer):
        if isinstance(answer, Accepted):
            await self._deliver(record, "enjoy", balance_cents=answer.balance_cents)
        elif isinstance(answer, Refused):
            self._journal.mark(record, records.REFUSED)
            await self._say_refusal(record, answer)
        elif self._may_be_owed(record):
            # It may have been sent and booked: the settlement sends it again under the same key.
            await self._deliver(record, "enjoy_offline")
        elif not answer.was_sent:
            self._journal.mark(record, records.NOT_SENT)
            await self._say("no_connection")
        else:
            # The record stays open: the settlement makes its net effect zero.
            await self._say("not_delivered", 2 * self._config.message_ms)

    async def _deliver(self, record, text, **values):
        is_owed = text == "enjoy_offline"
        if not self._journal.mark(record, records.OWED if is_owed else records.APPROVED):
            # Without the approval on flash a power cut could give the money back after the cup.
            await self._say("not_delivered", 2 * self._config.message_ms)
            return
        await self._show(text, item=record.text, **values)
        await self._relay.pulse(self._config.vend_pulse_ms)
        self._journal.mark(record, records.DUE if is_owed else records.VENDED)
        log("coffee", f"{record.item} vended to {record.token}")
        self._stay(self._config.message_ms)
        self.events.forget(events.BUTTON, events.TOKEN)

    async def _say_refusal(self, record, answer):
        if not isinstance(answer, Refused) or answer.balance_cents is None:
            await self._say_failure(answer)
            return
        await self._say(
            "too_little",
            2 * self._config.message_ms,
            balance_cents=answer.balance_cents,
            price_cents=record.cents,
        )


def prepare(parts, config, texts, ledger, journal):
    """Return the device and its own tasks as (name, run, longest silence in ms)."""
    device = CoffeeMachine(parts, config, texts, ledger, journal)

    async def watch_buttons(beat):
        await parts.buttons.run(device.on_press, beat)

    return device, (("buttons", watch_buttons, 30000),)
