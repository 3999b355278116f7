"""A ledger in memory that keeps the rules of the terminal dialect, and a road to it that can fail."""

import asyncio
import json
from collections import deque

from ledger_client.http import HttpError

from tests.firmware.flash import Power

UNPAIRED = (
    404,
    {"message": "This token is not paired to a wallet.", "code": "token_not_paired", "errors": {}},
)
UNAUTHENTICATED = (401, {"message": "Unauthenticated."})


class LedgerInMemory:
    """Wallets by token and postings by key; answers (status, body) as BODIES.md section 2 decides."""

    def __init__(self, products=None, permission="all"):
        self.products = products or {"espresso": 25, "cappuccino": 50}
        self.permission = permission
        self.balances = {}
        self.blocked = set()
        self.postings = {}
        self.voided = set()
        self.reversed = set()
        self.knows_terminal = True
        self.offline = None

    def answer(self, method, path, body):
        """Answer one request."""
        if not self.knows_terminal:
            return UNAUTHENTICATED
        path, _, query = path.partition("?")
        parts = path.strip("/").split("/")
        if parts == ["pos", "terminal"]:
            return 200, {"data": self._terminal()}
        if parts[1] == "batches":
            return self._batch(json.loads(body))
        if parts[1] == "transactions":
            return self._reverse(parts[2])
        token = parts[3]
        if token in self.blocked:
            return 404, {"message": "This token is blocked.", "code": "token_blocked", "errors": {}}
        if token not in self.balances:
            return UNPAIRED
        if method == "GET":
            return 200, self._wallet(token)
        answer = self._previewed if query == "dry_run=true" else self._post
        return answer(token, json.loads(body))

    def booked_cents(self, token):
        """Return what all postings of a token came to."""
        return sum(cents for _, owner, cents in self.postings.values() if owner == token)

    def _terminal(self):
        products = [
            {"id": name, "friendly_name": name.title(), "price": price}
            for name, price in self.products.items()
        ]
        terminal = {
            "id": "t",
            "friendly_name": "Terminal",
            "permission": self.permission,
            "products": products,
        }
        return {**terminal, "offline": self.offline} if self.offline else terminal

    def _wallet(self, token):
        balance = self.balances[token]
        return {"data": {"id": "wal_1", "token_id": token, "created_at": "", "balance": balance}}

    def _previewed(self, token, body):
        kept = dict(self.balances), dict(self.postings)
        status, answer = self._post(token, body)
        self.balances, self.postings = kept
        return 200 if status == 201 else status, answer

    def _post(self, token, body):
        key = body["idempotency_key"]
        if key in self.voided:
            return 400, {"message": "voided", "code": "idempotency_key_voided", "errors": {}}
        if key in self.postings:
            if self.postings[key][:2] != (body, token):
                return 400, {"message": "reused", "code": "idempotency_key_reused", "errors": {}}
            return 202, self._wallet(token)
        cents = body["amount"] if "amount" in body else -sum(self.products[each] for each in body["products"])
        if self.permission not in ("all", "credit" if cents > 0 else "debit"):
            return 403, {"message": "no", "code": "permission_missing", "errors": {}}
        if self.balances[token] + cents < 0:
            refusal = {"message": "Insufficient balance.", "code": "insufficient_balance", "errors": {}}
            return 400, {**refusal, "balance": self.balances[token]}
        self.balances[token] += cents
        self.postings[key] = (body, token, cents)
        return 201, self._wallet(token)

    def _batch(self, body):
        results = []
        for entry in body["transactions"]:
            token = entry.pop("token_id")
            key = entry["idempotency_key"]
            is_known = token in self.balances and token not in self.blocked
            if key in self.postings or is_known:
                status, answer = self._post(token, entry)
            else:
                status, answer = UNPAIRED
            said = {"wallet": answer["data"]} if status in (201, 202) else answer
            results.append({"idempotency_key": key, "status": status, **said})
        return 200, {"data": {"results": results}}

    def _reverse(self, key):
        if key not in self.postings:
            self.voided.add(key)
            return 200, {"data": None}
        _, token, cents = self.postings[key]
        if cents > 0:
            return 403, {"message": "no", "code": "reversal_not_permitted", "errors": {}}
        if key in self.reversed:
            return 202, self._wallet(token)
        self.reversed.add(key)
        self.balances[token] -= cents
        self.postings[key + " reversed"] = ({}, token, -cents)
        return 201, self._wallet(token)


class Road:
    """Stands where ledger_client.http.HttpClient does: carries requests, or does not.

    `troubles` befall the next requests that are no GET of the terminal: "refused", "lost_request",
    "lost_answer", or (status, body) that comes instead of the ledger's word. `is_cut` refuses all.
    """

    def __init__(self, ledger, latency_ms=20, timeout_ms=4000):
        self.ledger = ledger
        self.latency_ms = latency_ms
        self.timeout_ms = timeout_ms
        self.troubles = deque()
        self.is_cut = False
        self.sent = []
        self.power = Power()
        self.before = lambda: None
        self.after = lambda: None

    def posts(self, path_ends="/transactions"):
        """Return the bodies that were sent to such a path, in order."""
        return [body for method, path, body in self.sent if method == "POST" and path.endswith(path_ends)]

    async def request(self, method, path, body=None):
        """Carry one request."""
        self.power.need()
        is_catalogue = path == "/pos/terminal"
        trouble = self.troubles.popleft() if self.troubles and not is_catalogue else None
        await asyncio.sleep(self.latency_ms / 1000)
        self.power.need()
        if self.is_cut or trouble == "refused":
            raise HttpError("ECONNREFUSED", False)
        self.sent.append((method, path, body))
        if trouble == "lost_request":
            await self._hear_nothing()
        if isinstance(trouble, tuple):
            return trouble
        if not is_catalogue:
            self.before()
        status, answer = self.ledger.answer(method, path, body)
        if not is_catalogue:
            self.after()
        if trouble == "lost_answer":
            await self._hear_nothing()
        return status, json.dumps(answer).encode()

    async def _hear_nothing(self):
        await asyncio.sleep(self.timeout_ms / 1000)
        raise HttpError("no answer", True)
