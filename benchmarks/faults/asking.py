"""One question to a server and its answer, over a connection of its own."""

from __future__ import annotations

import http.client
import json
from typing import Any

TIMEOUT_S = 30


def ask(port: int, method: str, path: str, token: str, body: Any = None) -> tuple[int, dict]:
    """Ask as the holder of a token; returns the status and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
