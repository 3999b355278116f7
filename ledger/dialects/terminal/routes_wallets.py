"""Wallets: by token (S1-02), their transactions (S1-03, X-09), pairing (X-10), reversing a key."""

from __future__ import annotations

from typing import Any

from flask import g, jsonify, request, url_for

from ledger.dialects.terminal.conventions import (
    EnvelopedBlueprint,
    as_tapped,
    authenticate_terminal,
    resolve_wallet,
)
from ledger.dialects.terminal.documentation import NOTHING_BOOKED, documented
from ledger.dialects.terminal.shapes_wallets import (
    TRANSACTION_DOCUMENT,
    DryRunSchema,
    PageSchema,
    PairingRequestSchema,
    ReversalRequestSchema,
    TransactionRequestSchema,
    WalletSchema,
    WalletWithTransactionsSchema,
)
from ledger.domain.wallets.commands import debit, purchase, reverse_key, top_up
from ledger.domain.wallets.pairing import pair_by_code
from ledger.domain.wallets.queries import statement, wallet_by_token
from ledger.domain.wallets.records import ReversalState, StatementRecord
from ledger.domain.wallets.rules import normalised_token
from ledger.web.dispatch import Outcome, read, run

by_token = EnvelopedBlueprint("Wallets by token", __name__, description="What a tapped token leads to.")
by_token.before_request(authenticate_terminal)
by_token.before_request(resolve_wallet)
others = EnvelopedBlueprint("Wallets", __name__, description="Wallets by id, pairing, reversals.")
others.before_request(authenticate_terminal)
REVERSAL_STATUSES = {
    ReversalState.REVERSED: 201,
    ReversalState.WAS_REVERSED: 202,
    ReversalState.NEVER_BOOKED: 200,
}


@by_token.get("/wallets/token/<token_id>")
@by_token.response(200, WalletSchema)
@documented(by_token, "terminal", 401, 404)
def show_wallet_of_token(token_id):
    """Fetch the current balance of the wallet that a token is paired with."""
    return g.wallet


@by_token.post("/wallets/token/<token_id>/transactions")
@by_token.arguments(TransactionRequestSchema)
@by_token.arguments(DryRunSchema, location="query")
@by_token.response(201, WalletSchema, description="Booked; the wallet with its new balance.")
@by_token.alt_response(202, schema=WalletSchema, description="Booked before with this key; nothing more was.")
@by_token.alt_response(200, schema=WalletSchema, description="A dry run; nothing was booked.")
@documented(by_token, "terminal", 400, 401, 403, 404, body=TRANSACTION_DOCUMENT)
def execute_transaction(body, query, token_id):
    """Execute a transaction on a wallet: a purchase, a debit or a top-up, at most once for each key."""
    outcome = _execute(token_id, query["dry_run"], **body)
    if outcome.is_repeat:
        return as_tapped(read(wallet_by_token, token_id=token_id), token_id), 202
    return as_tapped(outcome.answer, token_id), 200 if query["dry_run"] else 201


@others.get("/wallets/<wallet_id>")
@others.arguments(PageSchema, location="query")
@others.response(200, WalletWithTransactionsSchema)
@documented(others, "terminal", 400, 401, 404)
def show_wallet(page, wallet_id):
    """Fetch a wallet with its transactions, latest first; a Link header leads to the older ones."""
    found = read(statement, code=wallet_id, **page)
    shown = {**vars(found.wallet), "transactions": found.transactions}
    return shown, 200, _link_to_older(found, page["limit"])


@others.put("/wallets/token/<token_id>")
@others.arguments(PairingRequestSchema)
@others.response(200, WalletSchema)
@documented(others, "terminal", 400, 401, 404)
def pair(body, token_id):
    """Pair a token with the wallet that waits for this pairing code."""
    return as_tapped(run(pair_by_code, token_id=token_id, **body).answer, token_id)


@others.post("/transactions/<idempotency_key>/reverse")
@others.arguments(ReversalRequestSchema)
@others.response(201, WalletSchema, description="The debit was given back.")
@others.alt_response(202, schema=WalletSchema, description="It was given back before.")
@others.doc(responses=NOTHING_BOOKED)
@documented(others, "terminal", 400, 401, 403)
def reverse(body, idempotency_key):
    """Make the effect of one of this terminal's own debits zero for good, whether it was booked or not."""
    reversal = run(reverse_key, reversed_key=idempotency_key, **body).answer
    return reversal.wallet or jsonify(data=None), REVERSAL_STATUSES[reversal.state]


def _execute(token_id: str, dry_run: bool, *, idempotency_key: str | None = None, **body: Any) -> Outcome:
    asked = {"token_id": normalised_token(token_id), "description": body["description"], "tag": body["tag"]}
    if "products" in body:
        return run(purchase, key=idempotency_key, dry_run=dry_run, products=body["products"], **asked)
    amount_cents = body["amount"]
    if amount_cents < 0:
        return run(debit, key=idempotency_key, dry_run=dry_run, amount_cents=-amount_cents, **asked)
    credit = {"amount_cents": amount_cents, "coins": body["coins"]}
    return run(top_up, key=idempotency_key, dry_run=dry_run, **credit, **asked)


def _link_to_older(found: StatementRecord, limit: int) -> dict[str, str]:
    if not found.has_more:
        return {}
    last = found.transactions[-1].code
    older = url_for(request.endpoint, wallet_id=found.wallet.code, limit=limit, before=last)
    return {"Link": f'<{older}>; rel="next"'}
