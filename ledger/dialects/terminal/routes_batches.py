"""Batches: what a terminal's offline journal settles with (our addition)."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import ValidationError

from ledger.dialects.terminal.conventions import EnvelopedBlueprint, authenticate_terminal, say
from ledger.dialects.terminal.documentation import documented
from ledger.dialects.terminal.shapes_batches import (
    BATCH_DOCUMENT,
    BatchedTransactionSchema,
    BatchRequestSchema,
    BatchSchema,
)
from ledger.dialects.terminal.transactions import asked, booked, charged_field
from ledger.foundation.errors import Refusal
from ledger.web.dispatch import Outcome, ledger, run_together
from ledger.web.errors import as_refusal
from ledger.web.limits import MAX_LARGE_BODY_BYTES, invalid

batches = EnvelopedBlueprint("Batches", __name__, description="Many transactions in one request.")
_ENTRY = BatchedTransactionSchema()


@batches.before_request
def allow_large_bodies() -> None:
    """Let a batch be larger than any other request."""
    request.max_content_length = MAX_LARGE_BODY_BYTES


batches.before_request(authenticate_terminal)


@batches.post("/batches")
@batches.arguments(BatchRequestSchema)
@batches.response(200, BatchSchema, description="Each transaction's own result, in their order.")
@documented(batches, "terminal", 400, 401, body=BATCH_DOCUMENT)
def execute_batch(body):
    """Execute up to 500 transactions in their order; each is booked or refused by itself, at most once."""
    entries = [_read(entry) for entry in body["transactions"]]
    sound = [asked(entry["token_id"], entry) for entry in entries if isinstance(entry, dict)]
    came = iter(run_together(sound))
    pairs = zip(body["transactions"], entries, strict=True)
    return {"results": [_result(sent, entry, came) for sent, entry in pairs]}


def _read(entry: Any) -> dict[str, Any] | Refusal:
    try:
        return _ENTRY.load(entry)
    except ValidationError as error:
        return invalid(error.messages)


def _result(sent: Any, entry: dict[str, Any] | Refusal, came: Any) -> dict[str, Any]:
    if isinstance(entry, Refusal):
        key = sent.get("idempotency_key") if isinstance(sent, dict) else None
        return _refused(entry, key if isinstance(key, str) else None)
    outcome = next(came)
    if isinstance(outcome, Outcome):
        wallet, status = booked(ledger(), outcome, entry["token_id"])
        return {"idempotency_key": entry["idempotency_key"], "status": status, "wallet": wallet}
    return _refused(as_refusal(outcome), entry["idempotency_key"], charged_field(entry))


def _refused(refusal: Refusal, key: str | None, charged: str = "") -> dict[str, Any]:
    body, status = say(refusal, charged)
    return {"idempotency_key": key, "status": status, **body}
