"""Firmware (ours): what a terminal's device is offered, and the files of it, piece by piece."""

from __future__ import annotations

from flask import g

from ledger.dialects.terminal.conventions import EnvelopedBlueprint, authenticate_terminal
from ledger.dialects.terminal.documentation import documented
from ledger.dialects.terminal.shapes_firmware import DeviceSchema, OfferSchema, OffsetSchema, PieceSchema
from ledger.domain.firmware.queries import file_piece, offered
from ledger.web.dispatch import read

firmware = EnvelopedBlueprint("Firmware", __name__, description="Updates for the devices of terminals.")
firmware.before_request(authenticate_terminal)


@firmware.get("/firmware")
@firmware.arguments(DeviceSchema, location="query")
@firmware.response(200, OfferSchema)
@documented(firmware, "terminal", 400, 401)
def show_firmware(device):
    """Fetch the newest release for a board that is newer than the version on it, or null."""
    return {"release": read(offered, terminal_id=g.terminal.id, **device)}


@firmware.get("/firmware/files/<sha256>")
@firmware.arguments(OffsetSchema, location="query")
@firmware.response(200, PieceSchema)
@documented(firmware, "terminal", 400, 401, 404)
def show_firmware_file(place, sha256):
    """Fetch a piece of a release's file by the file's SHA-256; its manifest is such a file, too."""
    return read(file_piece, sha256=sha256, **place)
