"""Pairing (ours): a new device shows a code, and takes its api_token when an operator has confirmed it."""

from __future__ import annotations

from typing import Any

from ledger.dialects.terminal.conventions import EnvelopedBlueprint
from ledger.dialects.terminal.documentation import documented
from ledger.dialects.terminal.shapes_pairing import (
    DevicePairingClaimSchema,
    DevicePairingOfferSchema,
    DevicePairingRequestSchema,
    DevicePairingSchema,
)
from ledger.domain.devices.pairing import claim_pairing, offer_pairing, unpaired_device, waiting_device
from ledger.web.dispatch import act_as, ledger, read, run
from ledger.web.pairing_page import page_address
from ledger.web.qr import qr_rows

pairing = EnvelopedBlueprint("Pairing", __name__, description="New devices, which have no api_token yet.")
pairing.before_request(lambda: act_as(unpaired_device()))


@pairing.post("/pairing")
@pairing.arguments(DevicePairingRequestSchema)
@pairing.response(201, DevicePairingOfferSchema, description="Show the code; it is good for ten minutes.")
@documented(pairing, None, 400)
def offer(body):
    """Ask to be paired; the code is for the operator's eyes, the secret for nobody's."""
    offered = run(offer_pairing, install_id=body["install_id"]).answer
    return {**_timed(vars(offered)), **_pictured(body.get("ledger_url"), offered.code)}


@pairing.post("/pairing/claim")
@pairing.arguments(DevicePairingClaimSchema)
@pairing.response(200, DevicePairingSchema, description="Confirmed; the api_token is shown this once.")
@pairing.alt_response(202, schema=DevicePairingSchema, description="Nobody has confirmed it yet; ask again.")
@documented(pairing, None, 400, 404)
def claim(body):
    """Ask whether the code was confirmed, and take the api_token if it was."""
    waiting = read(waiting_device, now=ledger().clock.now(), **body)
    if not waiting.is_confirmed:
        return _timed(vars(waiting)), 202
    claimed = run(claim_pairing, **body).answer
    return {**_timed(vars(waiting)), "terminal": claimed.terminal, "api_token": claimed.api_token}


def _pictured(ledger_url: str | None, code: str) -> dict[str, Any]:
    """Return the QR code of a code's page, if the device says how it reaches us and it is small enough."""
    address = ledger_url and page_address(ledger_url, code)
    rows = address and qr_rows(address)
    return {"qr": rows} if rows else {}


def _timed(values: dict[str, Any]) -> dict[str, Any]:
    left = values["expires_at"] - ledger().clock.now()
    return {**values, "expires_in_s": max(0, int(left.total_seconds()))}
