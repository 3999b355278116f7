"""Moves money on wallets: purchase, debit, top-up, and giving it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ledger.domain.books import commands as books
from ledger.domain.books.queries import posting as posting_by_code
from ledger.domain.books.queries import postings_of_command
from ledger.domain.books.records import AccountKind, Entry, PostingKind, PostingRecord
from ledger.domain.catalog.queries import assortment
from ledger.domain.catalog.rules import price_cents
from ledger.domain.devices.queries import acting_terminal, foresee_asking, require_live_credential
from ledger.domain.wallets.errors import NotYourTransaction
from ledger.domain.wallets.queries import wallet_by_account, wallet_by_code, wallet_by_token
from ledger.domain.wallets.records import ReversalRecord, ReversalState, WalletRecord
from ledger.domain.wallets.rules import HOUSE_TILL, crediting, require_coins, require_label, taking
from ledger.domain.wallets.tables import foresee_wallets
from ledger.foundation.permissions import Permission
from ledger.storage.command import Request, command
from ledger.storage.transaction import Reader, Transaction


def _foresee(reader: Reader, requests: Sequence[Request]) -> None:
    foresee_wallets(reader, list(dict.fromkeys(request.arguments["token_id"] for request in requests)))
    foresee_asking(reader, (request.actor for request in requests))


# What a terminal books on a tapped token shares a transaction with others of its sort.
_BY_TERMINALS = {"grouped_by": "token_id", "foresee": _foresee, "admits": require_live_credential}


@command("wallets.purchase", answers=WalletRecord, **_BY_TERMINALS)
def purchase(
    tx: Transaction, *, token_id: str, products: Sequence[str], description: str, tag: str | None = None
) -> WalletRecord:
    """Sell products of the acting terminal to a token's wallet, at the prices of this moment (S1-03).

    Each occurrence of a product counts. One posting, wallet -> the terminal's sales. Answers the wallet
    with its new balance. Needs WALLETS_DEBIT. Refuses with PermissionMissing, TokenNotPaired,
    TokenBlocked, ProductNotSold, InvalidAmount and FloorReached.
    """
    tx.actor.require(Permission.WALLETS_DEBIT)
    label = require_label(description, tag)
    terminal = acting_terminal(tx)
    offers = {offer.slug: offer for offer in assortment(tx, terminal_id=terminal.id)}
    wallet = wallet_by_token(tx, token_id=token_id)
    entry = taking(wallet, terminal, price_cents(offers, products), PostingKind.SALE, label)
    sold = [{"product": slug, "price_cents": offers[slug].price_cents} for slug in products]
    return _post(tx, entry, "wallet.purchased", wallet, products=sold)


@command("wallets.debit", answers=WalletRecord, **_BY_TERMINALS)
def debit(
    tx: Transaction, *, token_id: str, amount_cents: int, description: str, tag: str | None = None
) -> WalletRecord:
    """Take an amount (cents, > 0) from a token's wallet without naming products (S1-03, negative amount).

    Needs WALLETS_DEBIT. Refuses as `purchase` does.
    """
    tx.actor.require(Permission.WALLETS_DEBIT)
    label = require_label(description, tag)
    terminal = acting_terminal(tx)
    wallet = wallet_by_token(tx, token_id=token_id)
    return _post(
        tx, taking(wallet, terminal, amount_cents, PostingKind.DEBIT, label), "wallet.debited", wallet
    )


@command("wallets.top_up", answers=WalletRecord, **_BY_TERMINALS)
def top_up(
    tx: Transaction,
    *,
    token_id: str,
    amount_cents: int,
    description: str,
    tag: str | None = None,
    coins: Sequence[Mapping[str, int]] = (),
) -> WalletRecord:
    """Credit cash that the acting terminal took to a token's wallet (S1-03, positive amount).

    `coins` (denomination in cents, count) must add up to the amount. One posting, the terminal's cash
    box -> wallet. Needs WALLETS_CREDIT. Refuses with PermissionMissing, TokenNotPaired, TokenBlocked,
    CoinsDoNotAddUp and InvalidAmount.
    """
    tx.actor.require(Permission.WALLETS_CREDIT)
    label = require_label(description, tag)
    require_coins(coins, amount_cents)
    terminal = acting_terminal(tx)
    wallet = wallet_by_token(tx, token_id=token_id)
    entry = crediting(wallet, terminal.cash_account_id, amount_cents, label, terminal.id)
    return _post(tx, entry, "wallet.topped_up", wallet, coins=[dict(coin) for coin in coins])


@command("wallets.top_up_by_hand", answers=WalletRecord)
def top_up_by_hand(
    tx: Transaction, *, wallet_code: str, amount_cents: int, description: str, tag: str | None = None
) -> WalletRecord:
    """Credit cash that staff took by hand: a manual transaction, which names no terminal (W6).

    Needs WALLETS_MANAGE. Refuses with WalletUnknown and InvalidAmount.
    """
    tx.actor.require(Permission.WALLETS_MANAGE)
    label = require_label(description, tag)
    wallet = wallet_by_code(tx, code=wallet_code)
    till = books.open_account(tx, AccountKind.TILL, HOUSE_TILL, wallet.currency)
    return _post(tx, crediting(wallet, till.id, amount_cents, label), "wallet.topped_up", wallet)


@command("wallets.reverse_by_hand", answers=WalletRecord)
def reverse_by_hand(tx: Transaction, *, transaction_code: str, description: str) -> WalletRecord:
    """Undo any wallet transaction by a new posting the other way round.

    Needs WALLETS_MANAGE. Refuses with PostingUnknown, AlreadyReversed, NotReversible, and with
    FloorReached when a credit that is to be undone has been spent.
    """
    tx.actor.require(Permission.WALLETS_MANAGE)
    require_label(description)
    original = posting_by_code(tx, transaction_code)
    return _reverse(tx, original, description, terminal_id=None)


@command("wallets.reverse_key", answers=ReversalRecord)
def reverse_key(tx: Transaction, *, reversed_key: str, description: str) -> ReversalRecord:
    """Make the net effect of one of the acting terminal's idempotency keys zero, for good.

    A terminal that does not know how its debit ended asks this when it will not deliver. If the key
    has booked a debit, the money goes back; if it has booked nothing, it is voided, and a request that
    still is under way with it is refused with KeyVoided. Needs WALLETS_DEBIT. Refuses with
    NotYourTransaction when the key has booked something else than a debit.
    """
    tx.actor.require(Permission.WALLETS_DEBIT)
    require_label(description)
    terminal = acting_terminal(tx)
    command_id = tx.void_key(reversed_key)
    if command_id is None:
        return ReversalRecord(ReversalState.NEVER_BOOKED, None)
    original = _own_debit(tx, command_id)
    if books.reversal_while_held(tx, original.id):
        return ReversalRecord(
            ReversalState.WAS_REVERSED, wallet_by_account(tx, account_id=original.source_id)
        )
    wallet = _reverse(tx, original, description, terminal_id=terminal.id)
    return ReversalRecord(ReversalState.REVERSED, wallet)


def _own_debit(tx: Transaction, command_id: int) -> PostingRecord:
    for posting in postings_of_command(tx, command_id):
        if posting.kind in (PostingKind.SALE, PostingKind.DEBIT):
            return posting
    raise NotYourTransaction


def _reverse(
    tx: Transaction, original: PostingRecord, description: str, terminal_id: int | None
) -> WalletRecord:
    posting = books.reverse(tx, original, description, terminal_id).posting
    gives_back = original.kind in (PostingKind.SALE, PostingKind.DEBIT)
    wallet = wallet_by_account(tx, account_id=posting.destination_id if gives_back else posting.source_id)
    facts = {"wallet": wallet.code, "transaction": posting.code, "amount_cents": posting.amount_cents}
    tx.record("transaction.reversed", **facts, reverses=original.code)
    return wallet


def _post(tx: Transaction, entry: Entry, event: str, wallet: WalletRecord, **details: object) -> WalletRecord:
    booking = books.post(tx, entry)
    posting, after = booking.posting, replace(wallet, balance_cents=booking.balances_cents[wallet.account_id])
    facts = {"wallet": wallet.code, "transaction": posting.code, "amount_cents": posting.amount_cents}
    tx.record(event, **facts, balance_cents=after.balance_cents, **details)
    return after
