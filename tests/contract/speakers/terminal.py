"""Speaks the terminal API."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from werkzeug.test import TestResponse

from ledger.domain.catalog.commands import pair_terminal
from ledger.domain.wallets.pairing import issue_pairing_code
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from tests.factories.firmware import published
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.web.applications import Caller, operator_token

WALLET = f"/pos/wallets/token/{TOKEN}"


class TerminalSpeaker:
    """Two terminals that may debit and credit, an operator, and a wallet on a token."""

    dialect = "terminal"
    statuses = frozenset({400, 401, 403, 404, 405, 500, 503})
    write = ("POST", f"{WALLET}/transactions")

    def __init__(self, ledger: Ledger, app: Flask) -> None:
        self._ledger, self._app = ledger, app
        self._wallet = open_wallet(ledger, balance_cents=1000)
        self._tokens = {
            "first": install(ledger, "first_machine").api_token,
            "second": install(ledger, "second_machine").api_token,
            "operator": operator_token(ledger),
            None: None,
        }
        self.secrets = [token for token in self._tokens.values() if token]

    def pay(
        self, amount_cents: int, *, key: str | None = None, caller: str = "first", app: Flask | None = None
    ) -> TestResponse:
        """Debit the wallet."""
        body = {"amount": -amount_cents, "description": "A debit"}
        if key is not None:
            body["idempotency_key"] = key
        return Caller(app or self._app, self._tokens[caller]).post(self.write[1], body)

    def top_up(self, amount_cents: int) -> TestResponse:
        """Credit the wallet."""
        return self.ask("POST", self.write[1], json={"amount": amount_cents, "description": "A credit"})

    def ask(self, method: str, path: str, *, caller: str | None = "first", **options: object) -> TestResponse:
        """Send any request with a caller's token."""
        return Caller(self._app, self._tokens[caller]).ask(method, path, **options)

    def balance_cents(self) -> int:
        """Ask for the balance by token (S1-02)."""
        return self.ask("GET", WALLET).json["data"]["balance"]

    def is_booked(self, answer: TestResponse) -> bool:
        """Say whether the answer is a 201."""
        return answer.status_code == 201

    def is_repeat(self, answer: TestResponse) -> bool:
        """Say whether the answer is a 202."""
        return answer.status_code == 202

    def assert_refusal(self, answer: TestResponse) -> None:
        """Hold that it is `{message, code, errors}`, and for a credential `{message}` alone."""
        assert answer.status_code in self.statuses, answer.get_data(as_text=True)
        fields = {"message"} if answer.status_code == 401 else {"message", "code", "errors"}
        assert set(answer.json) - {"balance", "available"} == fields

    def tour(self) -> Iterator[tuple[str, TestResponse]]:
        """Visit every route; the tokens that the administration shows are not secret to its answer."""
        yield "GET /pos/terminal", self.ask("GET", "/pos/terminal")
        yield "GET /pos/wallets/token/<token_id>", self.ask("GET", WALLET)
        yield "POST /pos/wallets/token/<token_id>/transactions", self.pay(1, key="tour")
        yield "GET /pos/wallets/<wallet_id>", self.ask("GET", f"/pos/wallets/{self._wallet.code}")
        yield "PUT /pos/wallets/token/<token_id>", self._pair()
        reverse = {"json": {"description": "Sorry"}}
        yield (
            "POST /pos/transactions/<idempotency_key>/reverse",
            self.ask("POST", "/pos/transactions/tour/reverse", **reverse),
        )
        entry = {"token_id": TOKEN, "amount": -1, "description": "Offline", "idempotency_key": "batched"}
        yield "POST /pos/batches", self.ask("POST", "/pos/batches", json={"transactions": [entry]})
        yield from self._holds()
        yield from self._firmware()
        yield from self._administration()
        yield from self._pairing()
        yield "GET /pos/openapi.json", self.ask("GET", "/pos/openapi.json")
        yield "GET /pos/docs", self.ask("GET", "/pos/docs")

    def _pair(self) -> TestResponse:
        person = operator_on_this_machine()
        issued = self._ledger.run(issue_pairing_code, actor=person, wallet_code=self._wallet.code).answer
        self.secrets.append(issued.pairing_code)
        return self.ask("PUT", "/pos/wallets/token/04CAFE", json={"pairing_code": issued.pairing_code})

    def _holds(self) -> Iterator[tuple[str, TestResponse]]:
        for deed in ("capture", "release"):
            body = {"amount": 1, "description": "A vend", "idempotency_key": f"for-{deed}"}
            held = self.ask("POST", f"{WALLET}/holds", json=body)
            yield "POST /pos/wallets/token/<token_id>/holds", held
            path = f"/pos/holds/{held.json['data']['id']}/{deed}"
            yield f"POST /pos/holds/<hold_id>/{deed}", self.ask("POST", path, json={"idempotency_key": deed})

    def _pairing(self) -> Iterator[tuple[str, TestResponse]]:
        offered = self.ask("POST", "/pos/pairing", caller=None, json={"install_id": "a1b2c3d4"})
        yield "POST /pos/pairing", offered
        code, secret = offered.json["data"]["code"], offered.json["data"]["secret"]
        self.secrets.extend((code, secret))
        person = operator_on_this_machine()
        self._ledger.run(pair_terminal, actor=person, code=code, slug="third_machine")
        claimed = self.ask("POST", "/pos/pairing/claim", caller=None, json={"secret": secret})
        yield "POST /pos/pairing/claim", claimed
        self.secrets.append(claimed.json["data"]["api_token"])

    def _firmware(self) -> Iterator[tuple[str, TestResponse]]:
        manifest = published(self._ledger, "1.0.0").manifest_sha256
        asked = "/pos/firmware?board=simulator&version=0.1.0"
        yield "GET /pos/firmware", self.ask("GET", asked)
        yield "GET /pos/firmware/files/<sha256>", self.ask("GET", f"/pos/firmware/files/{manifest}")

    def _administration(self) -> Iterator[tuple[str, TestResponse]]:
        terminal = {"id": "third_machine", "friendly_name": "Third", "permission": "credit"}
        created = self.ask("POST", "/pos/terminals", caller="operator", json=terminal)
        yield "POST /pos/terminals", created
        self.secrets.append(created.json["data"]["api_token"])
        rolled = self.ask("POST", "/pos/terminals/third_machine/roll-token", caller="operator")
        yield "POST /pos/terminals/<terminal_id>/roll-token", rolled
        self.secrets.append(rolled.json["data"]["api_token"])
