"""What the audit decides, purely: what is a receipt, and whether the books say the same."""

from __future__ import annotations

import json
from typing import Any

from ledger.domain.audit.errors import ReceiptUnreadable
from ledger.domain.audit.records import Receipt
from ledger.domain.wallets.rules import normalised_token
from ledger.foundation.text import is_storable

# Booked, and booked before: a terminal is told of money by these two only.
_TOLD = (201, 202)


def read_receipt(line: int, text: str) -> Receipt:
    """Return the receipt in a line of JSON; refuses with ReceiptUnreadable."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ReceiptUnreadable(f"Line {line} of the receipts is no JSON.") from None
    _require(line, isinstance(data, dict), "is no JSON object")
    for name in ("terminal", "idempotency_key", "token_id"):
        _require(line, _is_word(data.get(name)), f"has no {name}")
    _require(line, data.get("status") in _TOLD, "has no status of 201 or 202")
    _require(line, type(data.get("amount")) is int, "has no amount in whole, signed cents")
    transaction = data.get("transaction")
    _require(line, transaction is None or _is_word(transaction), "names no transaction")
    named = (data["terminal"], data["idempotency_key"], normalised_token(data["token_id"]))
    return Receipt(line, *named, data["amount"], transaction)


def contradiction(receipt: Receipt, bookings: list[Any]) -> str | None:
    """Return in what the books differ from a receipt, or None.

    `bookings` are the rows of all that its key has booked: code, signed amount, tokens of the wallet.
    """
    if len(bookings) != 1:
        return f"the books have it {len(bookings)} times" if bookings else "the books do not have it"
    [booked] = bookings
    if booked.amount_cents != receipt.amount_cents:
        return f"{booked.code} moved {booked.amount_cents} cents, and not {receipt.amount_cents}"
    if receipt.token_id not in booked.token_ids:
        return f"{booked.code} is on the wallet of another token"
    if receipt.transaction not in (None, booked.code):
        return f"it was booked as {booked.code}, and {receipt.transaction} is gone"
    return None


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value) and is_storable(value)


def _require(line: int, holds: bool, otherwise: str) -> None:
    if not holds:
        raise ReceiptUnreadable(f"Line {line} of the receipts {otherwise}.")
