"""The coffee machine: choose, tap, pay, and the relay lets the machine brew once."""

from devices import events
from devices.station import Station
from journal import records
from ledger_client.answers import Accepted, Refused
from system.log import log


class CoffeeMachine(Station):
    """Sells this terminal's products. Never two debits for one cup, never a cup without a debit.

    A purchase goes: intent on flash, the ledger asked under its key, approval on flash, relay, outcome on
    flash. Wherever it stops, the journal tells what the settlement has to do with it.
    """

    def __init__(self, parts, config, texts, ledger, journal):
        super().__init__(parts, config, texts, ledger, journal)
        self._relay = parts.relay
        self._selected = None

    def on_press(self, index):
        """Take a pressed product button."""
        self.events.put(events.BUTTON, index)

    async def _idle(self):
        self._selected = None
        if not await self._show_trouble():
            await self._show("coffee_idle", title=self.name)

    async def _on_button(self, index):
        if await self._show_trouble():
            return
        product_id = self._product_of_button(index)
        if product_id not in self.products:
            await self._say("no_product")
            return
        self._selected = product_id
        item, price_cents = self.products[product_id]
        text = "lift_token" if self._presence.uid else "hold_token"
        await self._show(text, item=item, price_cents=price_cents)
        self._stay(self._config.selection_timeout_ms)

    async def _on_token(self, uid):
        product_id, self._selected = self._selected, None
        token = await self._token_of(uid)
        if token is None:
            return
        if product_id in self.products:
            await self._buy(token, product_id)
            return
        balance_cents = await self._balance_of(token)
        if balance_cents is not None:
            await self._say("balance", balance_cents=balance_cents)

    def _product_of_button(self, index):
        if self._config.buttons:
            return self._config.buttons[index] if index < len(self._config.buttons) else None
        ids = sorted(self.products)
        return ids[index] if index < len(ids) else None

    async def _buy(self, token, product_id):
        item, price_cents = self.products[product_id]
        record = self._journal.new_record(records.VEND, token, price_cents)
        record.item, record.text = product_id, item
        await self._book(record, self._conclude)

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
            await self._say("not_delivered", 2 * self._config.message_ms)

    async def _deliver(self, record, balance_cents):
        if not self._journal.mark(record, records.APPROVED):
            # Without the approval on flash a power cut could give the money back after the cup.
            await self._say("not_delivered", 2 * self._config.message_ms)
            return
        await self._show("enjoy", item=record.text, balance_cents=balance_cents)
        await self._relay.pulse(self._config.vend_pulse_ms)
        self._journal.mark(record, records.VENDED)
        log("coffee", f"{record.item} vended to {record.token}")
        self._stay(self._config.message_ms)
        self.events.forget(events.BUTTON, events.TOKEN)

    async def _say_refusal(self, record, answer):
        if answer.balance_cents is None:
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
