"""What every client was told about every request, and whether the books say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text

from benchmarks.faults.shop import FLOAT_CENTS, Shop, broken_proofs, opened

CREATED, ACCEPTED, UNAVAILABLE = 201, 202, 503
# Which debits are in the books, oldest first. The key of a request of ours is its description too.
_DEBITS = "SELECT postings.description, postings.amount_cents, accounts.code FROM postings"
_DEBITS += " JOIN accounts ON accounts.id = postings.source_id"
_DEBITS += " WHERE postings.kind IN ('debit', 'sale') ORDER BY postings.id"
_BALANCES = "SELECT accounts.code, account_balances.balance_cents FROM account_balances"
_BALANCES += " JOIN accounts ON accounts.id = account_balances.account_id"
_ACCOUNT = "wallet:{code}"


@dataclass
class Receipt:
    """One debit that a client asked for: its key, and the status of each attempt (None: no answer)."""

    key: str
    token_id: str
    amount_cents: int
    told: list[int | None] = field(default_factory=list)
    # What the 201 said is left on the wallet.
    balance_cents: int | None = None

    @property
    def is_settled(self) -> bool:
        """Say whether the client knows that it was booked."""
        return bool(self.told) and self.told[-1] in (CREATED, ACCEPTED)


@dataclass(frozen=True)
class Booked:
    """One debit as it stands in the books."""

    key: str
    amount_cents: int
    account: str


def findings(shop: Shop, receipts: Sequence[Receipt], *, is_honest_network: bool = True) -> list[str]:
    """Return every way in which the books contradict the receipts or themselves; nothing when all is well.

    In an honest network a first attempt is never answered 202: nobody has sent it before.
    """
    found = broken_proofs(shop)
    booked, balances = read_books(shop)
    found += _lost_and_doubled(shop, receipts, booked)
    found += _wrong_words(receipts, is_honest_network)
    found += _wrong_balances(shop, receipts, booked, balances)
    return found


def read_books(shop: Shop) -> tuple[list[Booked], dict[str, int]]:
    """Return every debit in the books, oldest first, and each cached balance by its account's code."""
    with opened(shop.url) as ledger, ledger.database.engine.connect() as connection:
        booked = [Booked(*row) for row in connection.execute(text(_DEBITS))]
        return booked, dict(connection.execute(text(_BALANCES)).all())


def lost(receipts: Sequence[Receipt], booked: Sequence[Booked]) -> list[Receipt]:
    """Return what clients know to be booked and the books do not have."""
    keys = {debit.key for debit in booked}
    return [receipt for receipt in receipts if receipt.is_settled and receipt.key not in keys]


def _lost_and_doubled(shop: Shop, receipts: Sequence[Receipt], booked: Sequence[Booked]) -> Iterator[str]:
    by_key = defaultdict(list)
    for debit in booked:
        by_key[debit.key].append(debit)
    for receipt in receipts:
        debits = by_key.pop(receipt.key, [])
        account = _ACCOUNT.format(code=shop.wallets[receipt.token_id])
        if receipt.is_settled and not debits:
            yield f"{receipt.key} was answered {receipt.told[-1]} and is not in the books"
        if len(debits) > 1:
            yield f"{receipt.key} is in the books {len(debits)} times"
        if any((debit.amount_cents, debit.account) != (receipt.amount_cents, account) for debit in debits):
            yield f"{receipt.key} is in the books with another amount or wallet"
    yield from (f"{key} is in the books and nobody asked for it" for key in by_key)


def _wrong_words(receipts: Sequence[Receipt], is_honest_network: bool) -> Iterator[str]:
    for receipt in receipts:
        if not receipt.is_settled:
            yield f"{receipt.key} was never settled: {receipt.told}"
        if unexpected := set(receipt.told) - {CREATED, ACCEPTED, UNAVAILABLE, None}:
            yield f"{receipt.key} was answered {unexpected}"
        if receipt.told.count(CREATED) > 1:
            yield f"{receipt.key} was answered 201 twice"
        if is_honest_network and receipt.told[:1] == [ACCEPTED]:
            yield f"{receipt.key} was answered 202 although it had not been sent before"


def _wrong_balances(
    shop: Shop, receipts: Sequence[Receipt], booked: Sequence[Booked], balances: dict[str, int]
) -> Iterator[str]:
    told = {receipt.key: receipt.balance_cents for receipt in receipts}
    left = {_ACCOUNT.format(code=code): FLOAT_CENTS for code in shop.wallets.values()}
    for debit in booked:
        left[debit.account] -= debit.amount_cents
        if told.get(debit.key) not in (None, left[debit.account]):
            yield f"{debit.key} was told the balance {told[debit.key]}, which was {left[debit.account]}"
    for code, cents in left.items():
        if balances[code] != cents:
            yield f"{code} holds {balances[code]} cents, not {cents}"
