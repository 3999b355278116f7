"""`tapledger audit`: proves the books, and says which proof fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from ledger.cli.context import open_ledger, prints
from ledger.cli.progress import progress_bar
from ledger.domain.audit.proofs import prove_receipts
from ledger.domain.audit.queries import audit as prove
from ledger.domain.audit.records import Receipt
from ledger.domain.audit.rules import read_receipt
from ledger.domain.seals.rules import exported_seals
from ledger.storage.proof import Proof

PROOF_FAILED = 1


def audit_text(proofs: list[Proof]) -> str:
    """Write the proofs for people: one line each, what contradicts it below."""
    lines = []
    for proof in proofs:
        mark = "holds" if proof.holds else "FAILS"
        lines.append(f"{proof.invariant}  {mark}  {proof.promise} ({proof.checked} checked)")
        lines.extend(f"           {finding}" for finding in proof.findings)
        if proof.more:
            lines.append(f"           … and {proof.more} more")
    failed = [proof.invariant for proof in proofs if not proof.holds]
    lines.append(f"the books do NOT hold: {', '.join(failed)}" if failed else "the books are whole")
    return "\n".join(lines)


def exit_status(proofs: list[Proof]) -> int:
    """Return 0 when every proof holds."""
    return 0 if all(proof.holds for proof in proofs) else PROOF_FAILED


def receipts_in(path: Path) -> Iterator[Receipt]:
    """Yield the receipts of a file of JSON lines; refuses with ReceiptUnreadable."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield read_receipt(number, line)


@click.command()
@click.option(
    "--receipts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON lines of what terminals were told: each must be in the books.",
)
@click.option(
    "--seal",
    "seals",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Check the books against seals that `tapledger seal --export` has written.",
)
@prints(audit_text, exit_status)
def audit(receipts: Path | None, seals: click.utils.LazyFile | None) -> list[Proof]:
    """Prove that the books are whole; exit status 1 when a proof fails."""
    exported = exported_seals(_text(seals)) if seals else []
    ledger = open_ledger()
    with progress_bar() as progress:
        proofs = ledger.read(prove, exported=exported, progress=progress)
    if receipts is not None:
        proofs.append(ledger.read(prove_receipts, receipts=receipts_in(receipts)))
    return proofs


def _text(file: click.utils.LazyFile) -> str:
    try:
        return file.read()
    except UnicodeDecodeError:
        # No text is no seal: it is refused as such.
        return ""
