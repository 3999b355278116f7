"""Runs every proof over one unchanging state of the books."""

from __future__ import annotations

from ledger.domain.books import proofs as books
from ledger.domain.holds import proofs as holds
from ledger.domain.wallets import proofs as wallets
from ledger.storage.proof import Proof, prove_keys
from ledger.storage.transaction import Reader

PROOFS = (
    books.prove_sum,
    books.prove_balances,
    books.prove_guards,
    books.prove_floors,
    wallets.prove_movements,
    prove_keys,
    wallets.prove_terminals,
    wallets.prove_tokens,
    holds.prove_holds,
)


def audit(reader: Reader) -> list[Proof]:
    """Prove W0 to W7 of DOMAIN.md §6, and W8 of the holds; the books are whole if every proof holds."""
    reader.take_time()
    return [prove(reader) for prove in PROOFS]
