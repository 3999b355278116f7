"""Holds (ours): reserving money of a tapped wallet, capturing and releasing what was reserved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ledger.dialects.terminal.conventions import (
    EnvelopedBlueprint,
    as_tapped,
    authenticate_terminal,
    resolve_wallet,
)
from ledger.dialects.terminal.documentation import documented
from ledger.dialects.terminal.shapes_holds import (
    CaptureRequestSchema,
    HoldRequestSchema,
    HoldSchema,
    ReleaseRequestSchema,
)
from ledger.domain.holds.commands import capture, release, reserve
from ledger.domain.holds.queries import wallet_hold
from ledger.domain.holds.records import WalletHoldRecord
from ledger.domain.wallets.rules import normalised_token
from ledger.web.dispatch import ledger, read, run

holds = EnvelopedBlueprint("Holds", __name__, description="Money set aside for a vend that may fail.")
holds.before_request(authenticate_terminal)
holds.before_request(resolve_wallet)


@holds.post("/wallets/token/<token_id>/holds")
@holds.arguments(HoldRequestSchema)
@holds.response(201, HoldSchema, description="The amount is held.")
@holds.alt_response(202, schema=HoldSchema, description="Held before with this key; the hold as it is now.")
@documented(holds, "terminal", 400, 401, 403, 404)
def reserve_amount(body, token_id):
    """Set an amount of a wallet aside until it is captured, released, or over its time."""
    key, amount_cents = body.pop("idempotency_key"), body.pop("amount")
    asked = {"token_id": normalised_token(token_id), "amount_cents": amount_cents, **body}
    outcome = run(reserve, key=key, **asked)
    held = _as_it_is_now(outcome.answer) if outcome.is_repeat else outcome.answer
    tapped = replace(held, wallet=as_tapped(held.wallet, token_id))
    return _shown(tapped), 202 if outcome.is_repeat else 201


@holds.post("/holds/<hold_id>/capture")
@holds.arguments(CaptureRequestSchema)
@holds.response(201, HoldSchema, description="The amount was taken; what was left of the hold is free.")
@holds.alt_response(202, schema=HoldSchema, description="Taken before with this key; nothing more was.")
@documented(holds, "terminal", 400, 401, 403, 404)
def capture_hold(body, hold_id):
    """Take what was held, all of it or less, at most once."""
    outcome = run(capture, key=body["idempotency_key"], hold_code=hold_id, amount_cents=body.get("amount"))
    if outcome.is_repeat:
        return _shown(_as_it_is_now(outcome.answer)), 202
    return _shown(outcome.answer), 201


@holds.post("/holds/<hold_id>/release")
@holds.arguments(ReleaseRequestSchema)
@holds.response(201, HoldSchema, description="What was held is free.")
@holds.alt_response(202, schema=HoldSchema, description="It was free before.")
@documented(holds, "terminal", 400, 401, 403, 404)
def release_hold(body, hold_id):
    """Free what was held, for good, without taking anything."""
    outcome = run(release, key=body["idempotency_key"], hold_code=hold_id)
    if outcome.is_repeat:
        return _shown(_as_it_is_now(outcome.answer.held)), 202
    return _shown(outcome.answer.held), 202 if outcome.answer.was_closed else 201


def _as_it_is_now(held: WalletHoldRecord) -> WalletHoldRecord:
    return read(wallet_hold, code=held.hold.code, now=ledger().clock.now())


def _shown(held: WalletHoldRecord) -> dict[str, Any]:
    wallet = {"token_id": held.wallet.token_id, "balance_cents": held.wallet.balance_cents}
    return {**vars(held.hold), **wallet, "available_cents": held.available_cents}
