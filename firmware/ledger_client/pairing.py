"""How a device without a token asks the ledger for one: POST /pos/pairing, then /pos/pairing/claim."""

import binascii
import json

from micropython import const

from ledger_client.http import HttpError
from system.log import log

_GONE = 404
# What a display of 64 pixels can show with a margin around it.
_MOST_ROWS = const(62)


class PairingGone(Exception):
    """The code is over, or what it was for has been handed out: a new one is needed."""


async def offer(http, install_id, ledger_url):
    """Return (code, secret, picture) of a new offer, or None without an answer of the ledger's.

    The picture is a QR code as rows of bytes, or None.
    """
    data = await _ask(http, "/pos/pairing", {"install_id": install_id, "ledger_url": ledger_url}) or {}
    code, secret = data.get("code"), data.get("secret")
    if not isinstance(code, str) or not isinstance(secret, str):
        return None
    return code, secret, _picture(data.get("qr"))


def _picture(rows):
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST_ROWS:
        return None
    try:
        picture = [binascii.unhexlify(row) for row in rows]
    except (TypeError, ValueError):
        return None
    return picture if all(8 * len(row) >= len(rows) for row in picture) else None


async def claim(http, secret):
    """Return the api_token, "" while nobody has confirmed the code, None without an answer; PairingGone."""
    data = await _ask(http, "/pos/pairing/claim", {"secret": secret})
    if data is None:
        return None
    token = data.get("api_token")
    return token if isinstance(token, str) else ""


async def _ask(http, path, fields):
    try:
        status, raw = await http.request("POST", path, json.dumps(fields).encode())
        answer = json.loads(raw)
    except (HttpError, ValueError) as error:
        # What was sent and what came are no business of the log: there is a secret in both.
        log("pairing", f"no answer: {type(error).__name__}")
        return None
    if not isinstance(answer, dict):
        return {}
    if status == _GONE and answer.get("code") == "pairing_unknown":
        raise PairingGone
    if not 200 <= status <= 299:
        log("pairing", f"status {status}")
    data = answer.get("data")
    return data if isinstance(data, dict) else {}
