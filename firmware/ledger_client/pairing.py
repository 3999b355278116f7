"""How a device without a token asks the ledger for one: POST /pos/pairing, then /pos/pairing/claim."""

import json

from ledger_client.http import HttpError
from system.log import log

_GONE = 404


class PairingGone(Exception):
    """The code is over, or what it was for has been handed out: a new one is needed."""


async def offer(http, install_id):
    """Return (code, secret) of a new offer, or None without an answer of the ledger's."""
    data = await _ask(http, "/pos/pairing", {"install_id": install_id})
    code, secret = data.get("code"), data.get("secret")
    return (code, secret) if isinstance(code, str) and isinstance(secret, str) else None


async def claim(http, secret):
    """Return the api_token, or None while nobody has confirmed the code; raises PairingGone."""
    token = (await _ask(http, "/pos/pairing/claim", {"secret": secret})).get("api_token")
    return token if isinstance(token, str) and token else None


async def _ask(http, path, fields):
    try:
        status, raw = await http.request("POST", path, json.dumps(fields).encode())
        answer = json.loads(raw)
    except (HttpError, ValueError) as error:
        # What was sent and what came are no business of the log: there is a secret in both.
        log("pairing", f"no answer: {type(error).__name__}")
        return {}
    if not isinstance(answer, dict):
        return {}
    if status == _GONE and answer.get("code") == "pairing_unknown":
        raise PairingGone
    if not 200 <= status <= 299:
        log("pairing", f"status {status}")
    data = answer.get("data")
    return data if isinstance(data, dict) else {}
