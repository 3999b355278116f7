"""What the ledger says of a wallet, asked as the terminal would ask it."""

from __future__ import annotations

import http.client
import json
import urllib.parse

TIMEOUT_S = 20.0


class LedgerSilent(AssertionError):
    """The ledger does not answer, or does not tell what was asked for; the message is one line."""


def balance_cents(ledger_url: str, api_token: str, uid: str) -> int:
    """Return the balance of a token's wallet; LedgerSilent when it is not told."""
    address = urllib.parse.urlsplit(ledger_url)
    try:
        connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT_S)
    except http.client.InvalidURL as error:
        raise LedgerSilent(f"the ledger does not answer: {error}") from error
    try:
        connection.request(
            "GET",
            f"{address.path.rstrip('/')}/pos/wallets/token/{uid}",
            headers={"Authorization": f"Bearer {api_token}"},
        )
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise LedgerSilent(f"the ledger answers {answer.status} for {uid}: {body.get('message')}")
        return body["data"]["balance"]
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise LedgerSilent(f"the ledger does not answer: {error}") from error
    finally:
        connection.close()
