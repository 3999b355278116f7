"""`tapledger seal`: seals what was posted, and exports the newest seal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ledger.cli.context import me, open_ledger, prints
from ledger.cli.progress import progress_bar
from ledger.domain.seals.queries import newest_seal
from ledger.domain.seals.records import SealRecord
from ledger.domain.seals.rules import export_line
from ledger.jobs.sealing import seal_history


def _seal_text(data: dict[str, Any]) -> str:
    head = data["newest"]
    if head is None:
        return "nothing has been posted yet: there is nothing to seal"
    lines = [f"{data['postings']} postings sealed in {data['seals']} blocks"]
    lines.append(f"sealed up to posting {head.to_posting_id}: {head.hash}")
    if data["exported_to"]:
        lines.append(f"added to {data['exported_to']}; keep it where nobody can reach it from here")
    return "\n".join(lines)


@click.command()
@click.option(
    "--export",
    "file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Add the newest seal to this file, one line of JSON.",
)
@prints(_seal_text)
def seal(file: Path | None) -> dict[str, Any]:
    """Seal what was posted since the last time.

    A seal is a hash over a range of postings and all that was sealed before. Export it to another
    machine: `tapledger audit --seal FILE` shows then whether the past was rewritten.
    """
    ledger = open_ledger()
    with progress_bar() as progress:
        sealed = [sealed.posting_count for sealed in seal_history(ledger, actor=me(), progress=progress)]
    newest = ledger.read(newest_seal)
    if file and newest:
        _export(newest, file)
    exported_to = str(file) if file and newest else None
    return {"seals": len(sealed), "postings": sum(sealed), "newest": newest, "exported_to": exported_to}


def _export(newest: SealRecord, file: Path) -> None:
    line = export_line(newest)
    try:
        kept = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        if line not in kept:
            with file.open("a", encoding="utf-8") as opened:
                opened.write(f"{line}\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} cannot be written: {error}") from error
