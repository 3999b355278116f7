"""Looks after the ledger from the side: does it answer, and what is on the cards."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.parse

from terminal_sim.web.feed import Feed

TOPIC = "ledger"
LOOK_EVERY_S = 1.0
TIMEOUT_S = 3.0


class LedgerWatch:
    """Asks the ledger for the balances of some tokens, as a terminal with `api_token` may; tells the feed.

    Without an api_token it only asks whether anybody answers. Any answer is one.
    """

    def __init__(self, url: str, api_token: str | None, uids: tuple[str, ...], feed: Feed) -> None:
        self._url = url
        self._parts = urllib.parse.urlsplit(url)
        self._api_token = api_token
        self._uids = uids
        self._feed = feed
        self._wakes = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._watch, name="ledger watch", daemon=True)
        self._thread.start()

    def look_now(self) -> None:
        """Look again without waiting for the next turn."""
        self._wakes.set()

    def stop(self) -> None:
        """End the thread."""
        self._is_stopping = True
        self._wakes.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_stopping:
            self._feed.put(TOPIC, {"url": self._url, **self._look()})
            self._wakes.wait(LOOK_EVERY_S)
            self._wakes.clear()

    def _look(self) -> dict[str, object]:
        connection = http.client.HTTPConnection(self._parts.netloc, timeout=TIMEOUT_S)
        try:
            if self._api_token is None:
                self._ask(connection, "/pos/terminal")
                return {"answers": True, "cents": {}}
            return {"answers": True, "cents": {uid: self._cents(connection, uid) for uid in self._uids}}
        except (OSError, http.client.HTTPException):
            return {"answers": False, "cents": {}}
        finally:
            connection.close()

    def _cents(self, connection: http.client.HTTPConnection, uid: str) -> int | None:
        """Return what is on a card, None when it has no wallet."""
        status, body = self._ask(connection, f"/pos/wallets/token/{uid}")
        try:
            return json.loads(body)["data"]["balance"] if status == 200 else None
        except (ValueError, KeyError, TypeError):
            return None

    def _ask(self, connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._api_token}"} if self._api_token else {}
        connection.request("GET", f"{self._parts.path.rstrip('/')}{path}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
