"""Shapes of terminals and their products."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from ledger.domain.catalog.records import Offer
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.devices.rules import NAME_LENGTH
from ledger.web.fields import Cents, Shape, Text

SLUG_LENGTH = 64


class ProductSchema(Shape):
    """A product of a terminal; `price` is in cents."""

    id = Text(SLUG_LENGTH, attribute="slug", required=True, metadata={"examples": ["espresso"]})
    friendly_name = Text(NAME_LENGTH, attribute="label", required=True, metadata={"examples": ["Espresso"]})
    price = Cents(attribute="price_cents", required=True, metadata={"examples": [25]})

    @post_load
    def to_offer(self, values: dict[str, Any], **_options: Any) -> Offer:
        """Make the domain's record of it."""
        return Offer(**values)


class TerminalReferenceSchema(Shape):
    """A terminal as a transaction names it."""

    id = fields.String(attribute="slug", required=True)
    friendly_name = fields.String(required=True)
    permission = fields.Enum(TerminalPermission, by_value=True, required=True)


class OfflineAllowanceSchema(Shape):
    """What the device may sell without asking: cents a token and in sum, how often, hours unheard."""

    per_token = fields.Integer(attribute="per_token_cents", required=True)
    in_sum = fields.Integer(attribute="in_sum_cents", required=True)
    count = fields.Integer(required=True)
    hours = fields.Integer(required=True)


class TerminalSchema(TerminalReferenceSchema):
    """A terminal with what it sells; `offline` is there only where it was granted."""

    products = fields.List(fields.Nested(ProductSchema), required=True)
    offline = fields.Nested(OfflineAllowanceSchema)


class NewTerminalSchema(TerminalSchema):
    """A terminal right after its token changed; `api_token` is shown this once."""

    api_token = fields.String(required=True)


class TerminalRequestSchema(Shape):
    """A terminal to be created."""

    id = Text(SLUG_LENGTH, required=True, metadata={"pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"})
    friendly_name = Text(NAME_LENGTH, required=True)
    permission = fields.Enum(TerminalPermission, by_value=True, required=True)
    products = fields.List(fields.Nested(ProductSchema), load_default=tuple)
