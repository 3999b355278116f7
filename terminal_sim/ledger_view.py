"""What the ledger says of a wallet, asked as the terminal would ask it."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
import urllib.request

from terminal_sim.control import Refused

TIMEOUT_S = 20.0
LOOK_EVERY_S = 0.1


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


def wait_until_ready(ledger_url: str, timeout_s: float = 60.0) -> None:
    """Wait in real time until the ledger answers; Refused when it does not in time."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(f"{ledger_url.rstrip('/')}/ready", timeout=TIMEOUT_S):
                return
        except OSError as error:
            if time.monotonic() > deadline_s:
                raise Refused(f"the ledger at {ledger_url} does not answer: {error}") from error
        time.sleep(LOOK_EVERY_S)
