"""Shapes of wallets and transactions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, pre_dump, validate, validates_schema

from ledger.dialects.terminal.conventions import raw, readable
from ledger.dialects.terminal.shapes_terminals import SLUG_LENGTH, TerminalReferenceSchema
from ledger.domain.wallets.rules import DESCRIPTION_LENGTH, TAG_LENGTH
from ledger.foundation.money import MAX_AMOUNT_CENTS
from ledger.web.fields import Cents, Shape, Text

KEY_LENGTH = 64
MAX_PRODUCTS = 100
MAX_COINS = 32
KEY_ADVICE = "One for each intent, sent again with each repeat. Best one that rises, such as UUIDv7."
MAX_PAGE = 500


class CoinSchema(Shape):
    """Coins of one denomination (cents)."""

    denomination = Cents(required=True)
    count = Cents(required=True, most=10_000)


class TransactionRequestSchema(Shape):
    """A transaction: exactly one of `products` and `amount` (BODIES.md §2)."""

    products = fields.List(
        Text(SLUG_LENGTH),
        validate=validate.Length(1, MAX_PRODUCTS),
        metadata={"examples": [["espresso", "espresso", "cappuccino"]]},
    )
    amount = Cents(
        least=-MAX_AMOUNT_CENTS,
        validate=validate.NoneOf([0], error="An amount is not zero."),
        metadata={"not": {"const": 0}, "description": "Cents; a credit is positive, a debit negative."},
    )
    description = Text(DESCRIPTION_LENGTH, required=True)
    tag = Text(TAG_LENGTH, allow_none=True, load_default=None)
    # A null here would be a client's mistake that silently costs it the protection: it is refused.
    idempotency_key = Text(KEY_LENGTH, allow_none=False, metadata={"description": KEY_ADVICE})
    coins = fields.List(
        fields.Nested(CoinSchema), validate=validate.Length(max=MAX_COINS), load_default=tuple
    )

    @validates_schema
    def names_one_thing(self, values: dict[str, Any], **_options: Any) -> None:
        """Refuse both and neither of `products` and `amount`, and coins without a credit."""
        if ("products" in values) == ("amount" in values):
            message = "Send exactly one of products and amount."
            raise ValidationError({"products": [message], "amount": [message]})
        if values["coins"] and values.get("amount", 0) <= 0:
            raise ValidationError({"coins": ["Coins come with a positive amount."]})


# What `names_one_thing` asks, in JSON Schema's words.
EXACTLY_ONE = {"oneOf": [{"required": ["products"]}, {"required": ["amount"]}]}
PURCHASE = {
    "products": ["espresso", "espresso", "cappuccino"],
    "description": "Your coffee order in H building",
    "tag": "coffee",
    "idempotency_key": "0QwKc2c9jUIxPyaHEjYQ",
}
TOP_UP = {
    "amount": 250,
    "description": "Münzeinwurf",
    "tag": "topup",
    "idempotency_key": "mT5vQ2yBzKc8LwR1dXfA",
    "coins": [{"denomination": 100, "count": 2}, {"denomination": 50, "count": 1}],
}
TRANSACTION_DOCUMENT = {
    "schema": {"allOf": [TransactionRequestSchema, EXACTLY_ONE]},
    "examples": {
        "purchase": {"summary": "A purchase of three coffees", "value": PURCHASE},
        "top_up": {"summary": "A top-up with coins", "value": TOP_UP},
    },
}


class DryRunSchema(Shape):
    """`dry_run=true` does everything and keeps nothing."""

    dry_run = fields.Boolean(
        truthy={"true"},
        falsy={"false"},
        load_default=False,
        metadata={"description": "With `true` nothing is booked; the answer is what it would be."},
    )


class PageSchema(Shape):
    """Which of the transactions to show."""

    limit = fields.Integer(
        load_default=100,
        validate=validate.Range(1, MAX_PAGE),
        metadata={"description": "How many transactions to show, latest first."},
    )
    before = Text(32, metadata={"description": "Go on after this transaction's id."})


class PairingRequestSchema(Shape):
    """The code of the wallet that waits for the token."""

    pairing_code = Text(32, required=True)


class ReversalRequestSchema(Shape):
    """Why a key is reversed."""

    description = Text(DESCRIPTION_LENGTH, required=True)


class RawTime(fields.String):
    """A moment as programs read it."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **_options: Any) -> str:
        return raw(value)


class WalletSchema(Shape):
    """A wallet and its balance in cents."""

    id = fields.String(attribute="code", required=True)
    token_id = fields.String(required=True, allow_none=True)
    created_at = RawTime(required=True, metadata={"format": "date-time"})
    balance = fields.Integer(attribute="balance_cents", required=True)
    paired_user = fields.String(attribute="user_name", required=True, allow_none=True)


class TimestampSchema(Shape):
    """A time for programs and for people."""

    raw = fields.String(required=True, metadata={"format": "date-time"})
    readable = fields.String(required=True, metadata={"examples": ["31.10.2021 21:45"]})

    @pre_dump
    def write(self, moment: datetime, **_options: Any) -> dict[str, str]:
        """Write one moment both ways."""
        return {"raw": raw(moment), "readable": readable(moment)}


class TransactionSchema(Shape):
    """A transaction; a credit is positive, a debit negative, in cents."""

    id = fields.String(attribute="code", required=True)
    amount = fields.Integer(attribute="amount_cents", required=True)
    description = fields.String(required=True)
    tag = fields.String(required=True, allow_none=True)
    terminal = fields.Nested(TerminalReferenceSchema, required=True, allow_none=True)
    timestamp = fields.Nested(TimestampSchema, attribute="recorded_at", required=True)


class WalletWithTransactionsSchema(WalletSchema):
    """A wallet and its transactions, latest first."""

    transactions = fields.List(fields.Nested(TransactionSchema), required=True)


class ErrorSchema(Shape):
    """A refusal: for people, for programs, and by field; `balance` is there when it was too small.

    `available` is there as well when a part of the balance is held.
    """

    message = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={"examples": [{"products.1": ["Text of 1 to 64 characters."]}]},
    )
    balance = fields.Integer()
    available = fields.Integer()


class UnauthenticatedSchema(Shape):
    """The credential was refused."""

    message = fields.String(required=True)
