"""Shapes of holds."""

from __future__ import annotations

from marshmallow import fields

from ledger.dialects.terminal.shapes_wallets import KEY_LENGTH, RawTime
from ledger.domain.books.records import HoldState
from ledger.domain.holds.rules import LIFETIME_S, LONGEST_LIFETIME_S
from ledger.domain.wallets.rules import DESCRIPTION_LENGTH, TAG_LENGTH
from ledger.web.fields import Cents, Seconds, Shape, Text


class HoldRequestSchema(Shape):
    """An amount to set aside, what for, and for how long."""

    amount = Cents(required=True, metadata={"description": "Cents, positive: how much to set aside."})
    description = Text(DESCRIPTION_LENGTH, required=True)
    tag = Text(TAG_LENGTH, allow_none=True, load_default=None)
    idempotency_key = Text(KEY_LENGTH, required=True)
    expires_in_s = Seconds(
        most=LONGEST_LIFETIME_S,
        load_default=LIFETIME_S,
        metadata={"description": "Seconds after which the hold ends by itself."},
    )


class CaptureRequestSchema(Shape):
    """How much of a hold to take."""

    amount = Cents(
        metadata={"description": "Cents, at most what is held; all of it where this is left out."},
    )
    idempotency_key = Text(KEY_LENGTH, required=True)


class ReleaseRequestSchema(Shape):
    """The key of a release."""

    idempotency_key = Text(KEY_LENGTH, required=True)


class HoldSchema(Shape):
    """A hold, its wallet's balance, and what of it may still be taken, all in cents."""

    id = fields.String(attribute="code", required=True)
    token_id = fields.String(required=True, allow_none=True)
    amount = fields.Integer(attribute="amount_cents", required=True)
    captured = fields.Integer(attribute="captured_cents", required=True)
    state = fields.Enum(HoldState, by_value=True, required=True)
    expires_at = RawTime(required=True, metadata={"format": "date-time"})
    balance = fields.Integer(attribute="balance_cents", required=True)
    available = fields.Integer(attribute="available_cents", required=True)
