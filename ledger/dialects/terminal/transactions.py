"""A transaction of this API as the domain's command, alone or among others of a batch."""

from __future__ import annotations

from typing import Any

from ledger.dialects.terminal.conventions import as_tapped
from ledger.domain.wallets.commands import debit, purchase, top_up
from ledger.domain.wallets.queries import wallet_by_code
from ledger.domain.wallets.rules import normalised_token
from ledger.service import Ledger
from ledger.web.dispatch import Command, Outcome


def asked(token_id: str, body: dict[str, Any]) -> tuple[Command, str | None, dict[str, Any]]:
    """Return the command that a transaction's body asks for on a token, its key and its arguments."""
    label = {"description": body["description"], "tag": body["tag"]}
    command, what = _movement(body)
    key = body.get("idempotency_key")
    return command, key, {"token_id": normalised_token(token_id), **label, **what}


def booked(books: Ledger, outcome: Outcome, token_id: str) -> tuple[Any, int]:
    """Return the wallet to show and the status: 202 and the wallet as it is now for a repeat, else 201.

    A repeat's wallet is the one that was booked on, whatever has become of the token since.
    """
    if outcome.is_repeat:
        return as_tapped(books.read(wallet_by_code, code=outcome.answer.code), token_id), 202
    return as_tapped(outcome.answer, token_id), 201


def charged_field(body: dict[str, Any]) -> str:
    """Return the field of a transaction that its cost comes from."""
    return "products" if "products" in body else "amount"


def _movement(body: dict[str, Any]) -> tuple[Command, dict[str, Any]]:
    if "products" in body:
        return purchase, {"products": body["products"]}
    if body["amount"] < 0:
        return debit, {"amount_cents": -body["amount"]}
    return top_up, {"amount_cents": body["amount"], "coins": body["coins"]}
