"""Runs every proof over one unchanging state of the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ledger.domain.books import proofs as books
from ledger.domain.holds.proofs import HoldsInspected
from ledger.domain.seals.proofs import SealsInspected
from ledger.domain.seals.records import SealRecord
from ledger.domain.wallets import proofs as wallets
from ledger.foundation.progress import Progress, quietly
from ledger.storage.key_proof import KeysInspected
from ledger.storage.proof import FINDINGS_SHOWN, Proof, walk
from ledger.storage.transaction import Reader

INSPECTIONS = (
    books.SumInspected,
    books.BalancesInspected,
    books.GuardsInspected,
    books.FloorsInspected,
    wallets.MovementsInspected,
    KeysInspected,
    wallets.TerminalsInspected,
    wallets.TokensInspected,
    HoldsInspected,
)


def audit(
    reader: Reader, *, exported: Sequence[SealRecord] = (), progress: Progress = quietly
) -> list[Proof]:
    """Prove W0 to W7 of DOMAIN.md §6 and W8 in one pass; the books are whole if every proof holds.

    The chain of seals belongs to W2; `exported` seals, oldest range first, must be found in it. Memory
    is bounded whatever the size of the books; `progress` is told how far the pass has come.
    """
    reader.take_time()
    inspections = [*(inspection() for inspection in INSPECTIONS), SealsInspected(exported)]
    return _by_invariant(walk(reader, inspections, progress))


def _by_invariant(proofs: Sequence[Proof]) -> list[Proof]:
    merged: dict[str, Proof] = {}
    for proof in proofs:
        before = merged.get(proof.invariant)
        merged[proof.invariant] = _merge(before, proof) if before else proof
    return list(merged.values())


def _merge(one: Proof, other: Proof) -> Proof:
    told = one.findings + other.findings
    shown = told[:FINDINGS_SHOWN]
    return replace(one, findings=shown, more=one.more + other.more + len(told) - len(shown))
