"""A small ledger that speaks /pos over HTTP, for tests of the simulator; it behaves, it does not pretend."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PRODUCTS = {"espresso": ("Espresso", 120), "cappuccino": ("Cappuccino", 180)}
API_TOKEN = "the-terminal"  # noqa: S105


class PosLedger(ThreadingHTTPServer):
    """Wallets by token id, postings by key; a repeated key moves nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.balances: dict[str, int] = {}
        self.postings: dict[str, tuple[str, int]] = {}
        self.voided: set[str] = set()
        self.guard = threading.Lock()
        self.connections: list[Any] = []

    @property
    def url(self) -> str:
        """The address to give to a terminal."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request, client_address) -> None:
        """Remember the connection, then serve it."""
        self.connections.append(request)
        super().process_request(request, client_address)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer one request of a known terminal."""
        parts = path.strip("/").split("/")
        if parts == ["pos", "terminal"]:
            products = [
                {"id": key, "friendly_name": name, "price": cents} for key, (name, cents) in PRODUCTS.items()
            ]
            terminal = {"id": "t1", "friendly_name": "Corner", "permission": "all", "products": products}
            return 200, {"data": terminal}
        if parts[1] == "transactions":
            return self._reverse(parts[2])
        token = parts[3]
        if token not in self.balances:
            return 404, _refusal("token_not_paired")
        if method == "GET":
            return 200, self._wallet(token)
        return self._transact(token, body)

    def _transact(self, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        key = body["idempotency_key"]
        if key in self.postings:
            return 202, self._wallet(token)
        if key in self.voided:
            return 400, _refusal("key_voided")
        cents = body["amount"] if "amount" in body else -sum(PRODUCTS[each][1] for each in body["products"])
        if self.balances[token] + cents < 0:
            return 400, _refusal("insufficient_balance") | {"balance": self.balances[token]}
        self._post(token, key, cents)
        return 201, self._wallet(token)

    def _reverse(self, first: str) -> tuple[int, dict[str, Any]]:
        if first not in self.postings:
            self.voided.add(first)
            return 200, {"data": None}
        token, cents = self.postings[first]
        if cents > 0:
            return 403, _refusal("reversal_not_permitted")
        if f"{first}/reversal" in self.postings:
            return 202, self._wallet(token)
        self._post(token, f"{first}/reversal", -cents)
        return 201, self._wallet(token)

    def _post(self, token: str, key: str, cents: int) -> None:
        self.balances[token] += cents
        self.postings[key] = (token, cents)

    def _wallet(self, token: str) -> dict[str, Any]:
        wallet = {"id": "w-" + token, "token_id": token, "created_at": "2026-01-01T00:00:00Z"}
        return {"data": wallet | {"balance": self.balances[token], "paired_user": None}}


def _refusal(code: str) -> dict[str, Any]:
    return {"message": code, "code": code, "errors": []}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.headers.get("Authorization") != f"Bearer {API_TOKEN}":
            status, answer = 401, _refusal("unauthenticated")
        else:
            with self.server.guard:
                status, answer = self.server.answer(self.command, self.path, json.loads(body or b"{}"))
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve  # noqa: N815

    def log_message(self, *_) -> None:
        """Keep the test's output clean."""


def serve() -> tuple[PosLedger, threading.Thread]:
    """Start a ledger on a free port."""
    server = PosLedger()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    return server, thread


def stop(server: PosLedger, thread: threading.Thread) -> None:
    """End it and all its connections."""
    server.shutdown()
    thread.join()
    for connection in server.connections:
        server.shutdown_request(connection)
    server.server_close()
