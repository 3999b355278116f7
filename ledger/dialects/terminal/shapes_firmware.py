"""Shapes of firmware: what a device asks for, what it is offered, and the pieces that it fetches."""

from __future__ import annotations

from marshmallow import fields, validate

from ledger.domain.firmware.rules import LARGEST_FILE_BYTES, NAME_LENGTH
from ledger.web.fields import Shape, Text

VERSION_LENGTH = 20


class DeviceSchema(Shape):
    """What asks: the board, and the version that runs on it."""

    board = Text(NAME_LENGTH, required=True, metadata={"examples": ["esp32_pn532_coffee"]})
    version = Text(
        VERSION_LENGTH,
        required=True,
        validate=validate.Regexp(r"^(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}$"),
        metadata={"examples": ["0.2.0"]},
    )


class ReleaseSchema(Shape):
    """A published version: the SHA-256 and size of its manifest, and the manifest's signature."""

    board = fields.String(required=True)
    version = fields.String(required=True)
    manifest = fields.String(attribute="manifest_sha256", required=True)
    size = fields.Integer(attribute="manifest_bytes", required=True)
    signature = fields.String(required=True)


class OfferSchema(Shape):
    """What is published for the device that asks; null when it has the newest."""

    release = fields.Nested(ReleaseSchema, required=True, allow_none=True)


class OffsetSchema(Shape):
    """Where in a file to go on."""

    offset = fields.Integer(
        load_default=0,
        validate=validate.Range(0, LARGEST_FILE_BYTES),
        metadata={"description": "Go on after so many bytes."},
    )


class PieceSchema(Shape):
    """Up to 2048 bytes of a file, in hexadecimal; none behind its end."""

    sha256 = fields.String(required=True)
    size = fields.Integer(attribute="size_bytes", required=True)
    offset = fields.Integer(required=True)
    content = fields.Function(lambda piece: piece.content.hex(), metadata={"type": "string"}, required=True)
