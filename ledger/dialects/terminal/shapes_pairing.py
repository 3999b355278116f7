"""Shapes of pairing a new device."""

from __future__ import annotations

from marshmallow import fields

from ledger.dialects.terminal.shapes_terminals import TerminalReferenceSchema
from ledger.web.fields import Shape, Text

INSTALL_ID_LENGTH = 32
SECRET_LENGTH = 64
ADDRESS_LENGTH = 1000


class DevicePairingRequestSchema(Shape):
    """What a new device calls itself."""

    install_id = Text(
        INSTALL_ID_LENGTH,
        required=True,
        metadata={"pattern": "^[0-9a-f]{8,32}$", "examples": ["a1b2c3d4"]},
    )
    ledger_url = Text(
        ADDRESS_LENGTH,
        metadata={
            "description": "How the device reaches the ledger; with it comes a QR code to show.",
            "examples": ["https://ledger.example"],
        },
    )


class DevicePairingOfferSchema(Shape):
    """The code to show, the secret to claim with, and for how many seconds both are good.

    `qr` is a picture of the address of a page about this code, row by row in hexadecimal digits.
    """

    code = fields.String(required=True)
    secret = fields.String(required=True)
    expires_in_s = fields.Integer(required=True)
    qr = fields.List(
        fields.String(),
        metadata={
            "description": "Up to 33 rows; 1 is dark, the left square is the highest bit of whole bytes.",
            "examples": [["fe53f8", "829208"]],
        },
    )


class DevicePairingClaimSchema(Shape):
    """The secret that came with the code."""

    secret = Text(SECRET_LENGTH, required=True)


class DevicePairingSchema(Shape):
    """How a waiting device stands; terminal and api_token are there once it is confirmed."""

    is_confirmed = fields.Boolean(required=True)
    expires_in_s = fields.Integer(required=True)
    terminal = fields.Nested(TerminalReferenceSchema)
    api_token = fields.String()
