"""The ledger's terminal dialect (/pos): questions, postings, and tries that end."""

import json

from journal import records
from ledger_client.answers import Accepted, Refused, Unknown
from ledger_client.http import HttpError
from system import compat
from system.log import log

# 408, 409 and 429 ask for another try; every other 4xx is the ledger's last word.
_TRY_AGAIN = (408, 409, 429)
_TAGS = {records.VEND: "coffee", records.COIN: "topup", records.TOP_UP: "topup", records.REVALUE: "topup"}
_DESCRIPTION_LIMIT = 255
_CODE_LIMIT = 64


class Ledger:
    """The ledger as a terminal sees it. `link` is the latest experience: LINK_UP, _DOWN or _UNAUTHORISED."""

    LINK_UP = "up"
    LINK_DOWN = "down"
    LINK_UNAUTHORISED = "unauthorised"

    def __init__(self, http, backoff):
        self._http = http
        self._backoff = backoff
        self.link = None

    async def terminal(self):
        """Ask who this terminal is and what it sells."""
        return await self._ask("GET", "/pos/terminal", _is_terminal)

    async def wallet(self, token):
        """Ask for the wallet of a token (hex of its UID)."""
        return await self._ask("GET", "/pos/wallets/token/" + token, _is_wallet)

    async def post(self, record):
        """Send a record's posting once: a purchase, a coin or a top-up, under the record's key."""
        path = f"/pos/wallets/token/{record.token}/transactions"
        return await self._ask("POST", path, _is_wallet, posting_body(record))

    async def preview(self, record):
        """Ask what a record's posting would come to; nothing is booked, and its key is not used up."""
        path = f"/pos/wallets/token/{record.token}/transactions?dry_run=true"
        return await self._ask("POST", path, _is_wallet, posting_body(record))

    async def batch(self, body):
        """Send several postings at once, each with its key; the answer's data has `results`."""
        return await self._ask("POST", "/pos/batches", _is_batch, body)

    async def give_back(self, record):
        """Make the net effect of a record's debit zero, for good, whether the ledger has booked it or not.

        What was booked is given back by a new posting; a key that was not booked can never be again.
        Repeating this changes nothing.
        """
        body = _ordered_json((("description", (record.text + " - not delivered")[:_DESCRIPTION_LIMIT]),))
        return await self._ask("POST", f"/pos/transactions/{record.key}/reverse", _is_wallet_or_none, body)

    async def take_back(self, record):
        """Debit what a record has credited, under a key derived from its own.

        The ledger reverses debits only: a credit that was booked, which give_back() is told, stays booked.
        """
        debit = records.Record(record.number, record.key + "-back", records.VEND, record.token, record.cents)
        debit.text = record.text + " - not kept"
        return await self.post(debit)

    async def post_until_known(self, record, deadline_ms, on_doubt):
        """Send a record's posting with the same key and bytes until its fate is known or time is up.

        `on_doubt()` is awaited before each further try once the ledger may have booked. Returns Accepted,
        Refused, or Unknown with `was_sent` True when any of the tries may have been booked.
        """
        started = compat.ticks_ms()
        is_doubtful = False
        self._backoff.reset()
        while True:
            answer = await self.post(record)
            if isinstance(answer, Refused) and is_doubtful and not answer.proves_nothing_was_booked:
                # An earlier try may have been booked before this terminal or token was shut out.
                return Unknown(answer.code, True)
            if not isinstance(answer, Unknown):
                return answer
            is_doubtful = is_doubtful or answer.was_sent
            answer.was_sent = is_doubtful
            pause_ms = self._backoff.next_ms()
            if compat.ticks_diff(compat.ticks_ms(), started) + pause_ms >= deadline_ms:
                return answer
            await on_doubt(is_doubtful)
            await compat.sleep_ms(pause_ms)

    async def _ask(self, method, path, is_valid, body=None):
        try:
            status, raw = await self._http.request(method, path, body)
        except HttpError as error:
            return self._unknown(str(error), error.was_sent)
        answer = _object(raw)
        if 200 <= status <= 299:
            data = answer.get("data", answer)
            if is_valid(data):
                self.link = self.LINK_UP
                return Accepted(status, data)
            return self._unknown(f"{status} without sense", True)
        if not 400 <= status <= 499 or status in _TRY_AGAIN or not _is_of_the_dialect(status, answer):
            return self._unknown(f"status {status}", True)
        self.link = self.LINK_UNAUTHORISED if status == 401 else self.LINK_UP
        balance_cents = answer.get("balance")
        # It may have to fit in a line of the journal.
        code = answer.get("code", "unauthenticated")[:_CODE_LIMIT]
        return Refused(status, code, balance_cents if _is_cents(balance_cents) else None)

    def _unknown(self, reason, was_sent):
        self.link = self.LINK_DOWN
        log("ledger", reason)
        return Unknown(reason, was_sent)


def posting_body(record):
    """Return the bytes that book a record: the same ones at every try, also after a restart."""
    # With a coin, `item` is how far its acceptor has counted.
    is_item = record.kind == records.VEND and record.item is not None
    tag = "vending" if record.kind == records.VEND and not is_item else _TAGS[record.kind]
    fields = [("description", record.text), ("tag", tag), ("idempotency_key", record.key)]
    if is_item:
        fields.insert(0, ("products", [record.item]))
    elif record.kind == records.VEND:
        # The price is the vending machine's.
        fields.insert(0, ("amount", -record.cents))
    else:
        fields.insert(0, ("amount", record.cents))
    if record.kind == records.COIN:
        fields.append(("coins", [{"denomination": record.cents, "count": 1}]))
    return _ordered_json(fields)


def _ordered_json(fields):
    # MicroPython's dictionaries have no order, and the same posting has to be the same bytes.
    pairs = [f'"{name}":{json.dumps(value)}' for name, value in fields]
    return ("{" + ",".join(pairs) + "}").encode()


def _object(raw):
    try:
        answer = json.loads(raw)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _is_of_the_dialect(status, answer):
    # A 4xx in other words comes from something in between, as a proxy's 403 does, and decides nothing.
    code = answer.get("code", "" if status == 401 else None)
    return isinstance(answer.get("message"), str) and isinstance(code, str)


def _is_cents(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_wallet(data):
    return isinstance(data, dict) and _is_cents(data.get("balance"))


def _is_wallet_or_none(data):
    return data is None or _is_wallet(data)


def _is_batch(data):
    results = data.get("results") if isinstance(data, dict) else None
    return isinstance(results, list) and all(isinstance(result, dict) for result in results)


def _is_terminal(data):
    if not isinstance(data, dict):
        return False
    products = data.get("products")
    if not isinstance(products, list) or not isinstance(data.get("friendly_name"), str):
        return False
    for product in products:
        if not (isinstance(product, dict) and _is_cents(product.get("price")) and product.get("id")):
            return False
    return True
