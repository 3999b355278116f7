"""`tapledger audit`: proves the books, and says which proof fails."""

from __future__ import annotations

import click

from ledger.cli.context import open_ledger, prints
from ledger.domain.audit.queries import audit as prove
from ledger.storage.proof import Proof

PROOF_FAILED = 1


def audit_text(proofs: list[Proof]) -> str:
    """Write the proofs for people: one line each, what contradicts it below."""
    lines = []
    for proof in proofs:
        mark = "holds" if proof.holds else "FAILS"
        lines.append(f"{proof.invariant}  {mark}  {proof.promise} ({proof.checked} checked)")
        lines.extend(f"           {finding}" for finding in proof.findings)
    failed = [proof.invariant for proof in proofs if not proof.holds]
    lines.append(f"the books do NOT hold: {', '.join(failed)}" if failed else "the books are whole")
    return "\n".join(lines)


def exit_status(proofs: list[Proof]) -> int:
    """Return 0 when every proof holds."""
    return 0 if all(proof.holds for proof in proofs) else PROOF_FAILED


@click.command()
@prints(audit_text, exit_status)
def audit() -> list[Proof]:
    """Prove that the books are whole; exit status 1 when a proof fails."""
    return open_ledger().read(prove)
