"""Holds the books against what was said of them: their figures, and what terminals were told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sqlalchemy import case, func, select

from ledger.domain.audit.records import Figures, Receipt
from ledger.domain.audit.rules import contradiction
from ledger.domain.books.tables import Posting
from ledger.domain.wallets.tables import Wallet, WalletToken
from ledger.foundation.actor import ActorKind
from ledger.storage.proof import Proof
from ledger.storage.tables import IdempotencyKey
from ledger.storage.transaction import Reader

# So many missing receipts are named; of the others only how many they are is told.
NAMED = 20
_AT_ONCE = 500


class _Booking(NamedTuple):
    """One posting that a key has booked, as its wallet sees it."""

    code: str
    amount_cents: int
    token_ids: set[str]


def measure(reader: Reader) -> Figures:
    """Return how many postings and keys there are, and how much money all postings together moved."""
    reader.take_time()
    posted = select(func.count(), func.coalesce(func.sum(Posting.amount_cents), 0)).select_from(Posting)
    postings, moved_cents = reader.one(posted)
    keys = reader.scalar(select(func.count()).select_from(IdempotencyKey))
    return Figures(postings, keys, int(moved_cents))


def prove_receipts(reader: Reader, *, receipts: Iterable[Receipt]) -> Proof:
    """Each receipt is in the books exactly once, with its amount, on the wallet of its token.

    Any number of receipts in bounded memory; the first NAMED contradictions are named.
    """
    reader.take_time()
    checked, wrong, named = 0, 0, []
    coming = iter(receipts)
    while some := tuple(islice(coming, _AT_ONCE)):
        checked += len(some)
        for sentence in _contradictions(reader, some):
            wrong += 1
            if wrong <= NAMED:
                named.append(sentence)
    if wrong > NAMED:
        named.append(f"and {wrong - NAMED} more: {wrong} receipts in all are not in the books")
    return Proof("receipts", "What terminals were told is in the books", checked, tuple(named))


def _contradictions(reader: Reader, receipts: tuple[Receipt, ...]) -> Iterator[str]:
    keys = defaultdict(set)
    for receipt in receipts:
        keys[receipt.terminal].add(receipt.idempotency_key)
    booked = {terminal: _bookings(reader, terminal, asked) for terminal, asked in keys.items()}
    for receipt in receipts:
        found = booked[receipt.terminal].get(receipt.idempotency_key, [])
        if (reason := contradiction(receipt, found)) is not None:
            yield f"line {receipt.line}, {receipt.terminal}, key {receipt.idempotency_key}: {reason}"


def _bookings(reader: Reader, terminal: str, keys: set[str]) -> dict[str, list[_Booking]]:
    # Of the two accounts that a posting joins, the wallet's says which way the money went.
    spent = Wallet.account_id == Posting.source_id
    amount_cents = case((spent, -Posting.amount_cents), else_=Posting.amount_cents)
    scope = f"{ActorKind.TERMINAL}:{terminal}"
    statement = (
        select(IdempotencyKey.key, Posting.code, amount_cents.label("amount_cents"), Wallet.id)
        .join(Posting, Posting.command_id == IdempotencyKey.command_id)
        .join(Wallet, Wallet.account_id.in_((Posting.source_id, Posting.destination_id)))
        .where(IdempotencyKey.scope == scope, IdempotencyKey.key.in_(sorted(keys)))
    )
    rows = reader.all(statement)
    tokens = _tokens(reader, {row.id for row in rows})
    found = defaultdict(list)
    for row in rows:
        found[row.key].append(_Booking(row.code, row.amount_cents, tokens[row.id]))
    return found


def _tokens(reader: Reader, wallet_ids: set[int]) -> dict[int, set[str]]:
    statement = select(WalletToken.wallet_id, WalletToken.token_id)
    found = defaultdict(set)
    for row in reader.all(statement.where(WalletToken.wallet_id.in_(sorted(wallet_ids)))):
        found[row.wallet_id].add(row.token_id)
    return found
