"""`tapledger backup` and `tapledger restore`: keeping the books, and bringing them back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ledger.cli.context import open_ledger, prints
from ledger.cli.progress import progress_bar
from ledger.moving.backup import backup as keep
from ledger.moving.restore import restore as bring_back
from ledger.settings import configured_database_url
from ledger.storage.answers import plain
from ledger.storage.database import open_database

file_argument = click.argument("file", type=click.Path(path_type=Path))
SIGN_IN_AGAIN = "Terminals keep their api_tokens; operators sign in again unless the secret key came along."


def figures_text(figures: dict[str, int]) -> str:
    """Write the figures that two copies of the same books share."""
    return f"{figures['postings']} postings of {figures['moved_cents']} cents in all, {figures['keys']} keys"


@click.command()
@file_argument
@click.option("--replace", is_flag=True, help="Put it in the place of an existing file.")
@prints(lambda data: f"{data['file']}: {figures_text(data['figures'])}, proven\nsha256 {data['sha256']}")
def backup(file: Path, replace: bool) -> dict[str, Any]:
    """Write a proven backup into FILE, an SQLite file, while the ledger goes on working."""
    with progress_bar() as progress:
        return plain(keep(open_ledger().database, file, replace=replace, progress=progress))


@click.command()
@file_argument
@prints(lambda data: f"{data['rows']} rows: {figures_text(data['figures'])}, proven\n{SIGN_IN_AGAIN}")
def restore(file: Path) -> dict[str, Any]:
    """Bring the books of a backup into the new, empty database of TAPLEDGER_DATABASE_URL."""
    target = open_database(configured_database_url())
    click.get_current_context().call_on_close(target.close)
    with progress_bar() as progress:
        return plain(bring_back(file, target, progress))
