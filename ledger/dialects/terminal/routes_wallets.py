"""Wallets: by token (S1-02), their transactions (S1-03, X-09), pairing (X-10), reversing a key."""

from __future__ import annotations

from flask import g, jsonify, request, url_for

from ledger.dialects.terminal.conventions import (
    EnvelopedBlueprint,
    as_tapped,
    authenticate_booking_terminal,
    authenticate_terminal,
    require_wallet,
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
from ledger.dialects.terminal.transactions import asked, booked
from ledger.domain.wallets.commands import reverse_key
from ledger.domain.wallets.pairing import pair_by_code
from ledger.domain.wallets.queries import statement
from ledger.domain.wallets.records import ReversalState, StatementRecord
from ledger.web.dispatch import ledger, read, run

by_token = EnvelopedBlueprint("Wallets by token", __name__, description="What a tapped token leads to.")
by_token.before_request(authenticate_terminal)
by_token.before_request(resolve_wallet)
transactions = EnvelopedBlueprint("Transactions", __name__, description="What moves money on a wallet.")
transactions.before_request(authenticate_booking_terminal)
transactions.before_request(require_wallet)
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


@transactions.post("/wallets/token/<token_id>/transactions")
@transactions.arguments(TransactionRequestSchema)
@transactions.arguments(DryRunSchema, location="query")
@transactions.response(201, WalletSchema, description="Booked; the wallet with its new balance.")
@transactions.alt_response(202, schema=WalletSchema, description="Booked before with this key, not again.")
@transactions.alt_response(200, schema=WalletSchema, description="A dry run; nothing was booked.")
@documented(transactions, "terminal", 400, 401, 403, 404, body=TRANSACTION_DOCUMENT)
def execute_transaction(body, query, token_id):
    """Execute a transaction on a wallet: a purchase, a debit or a top-up, at most once for each key."""
    command, key, arguments = asked(token_id, body)
    outcome = run(command, key=key, dry_run=query["dry_run"], **arguments)
    wallet, status = booked(ledger(), outcome, token_id)
    return wallet, 200 if query["dry_run"] and status == 201 else status


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


def _link_to_older(found: StatementRecord, limit: int) -> dict[str, str]:
    if not found.has_more:
        return {}
    last = found.transactions[-1].code
    older = url_for(request.endpoint, wallet_id=found.wallet.code, limit=limit, before=last)
    return {"Link": f'<{older}>; rel="next"'}
