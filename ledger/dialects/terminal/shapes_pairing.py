"""Shapes of pairing a new device."""

from __future__ import annotations

from marshmallow import fields

from ledger.dialects.terminal.shapes_terminals import TerminalReferenceSchema
from ledger.web.fields import Shape, Text

INSTALL_ID_LENGTH = 32
SECRET_LENGTH = 64


class DevicePairingRequestSchema(Shape):
    """What a new device calls itself."""

    install_id = Text(
        INSTALL_ID_LENGTH,
        required=True,
        metadata={"pattern": "^[0-9a-f]{8,32}$", "examples": ["a1b2c3d4"]},
    )


class DevicePairingOfferSchema(Shape):
    """The code to show, the secret to claim with, and for how many seconds both are good."""

    code = fields.String(required=True)
    secret = fields.String(required=True)
    expires_in_s = fields.Integer(required=True)


class DevicePairingClaimSchema(Shape):
    """The secret that came with the code."""

    secret = Text(SECRET_LENGTH, required=True)


class DevicePairingSchema(Shape):
    """How a waiting device stands; terminal and api_token are there once it is confirmed."""

    is_confirmed = fields.Boolean(required=True)
    expires_in_s = fields.Integer(required=True)
    terminal = fields.Nested(TerminalReferenceSchema)
    api_token = fields.String()
