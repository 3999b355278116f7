"""`tapledger db …`: the schema, the published examples' data, and the move to another database."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.backup import figures_text
from ledger.cli.context import open_ledger, prints
from ledger.cli.progress import progress_bar
from ledger.demo_data import load
from ledger.fleet_data import prepare
from ledger.moving.copy import copy_books
from ledger.settings import configured_database_url, database_url
from ledger.storage.answers import plain
from ledger.storage.database import open_database, translated_errors
from ledger.storage.schema import upgrade

MOVED_ON = 1


@click.group("db")
def database() -> None:
    """Prepare the database."""


def _upgrade_text(data: dict[str, Any]) -> str:
    if data["from"] == data["to"]:
        return f"the schema is up to date ({data['to']}) in {data['database']}"
    return f"upgraded from {data['from'] or 'nothing'} to {data['to']} in {data['database']}"


@database.command("upgrade")
@prints(_upgrade_text)
def upgrade_schema() -> dict[str, Any]:
    """Create or upgrade the schema; a second run changes nothing."""
    url = configured_database_url()
    opened = open_database(url)
    click.get_current_context().call_on_close(opened.close)
    with translated_errors():
        before, after = upgrade(opened.engine)
    return {"from": before, "to": after, "database": url.render_as_string(hide_password=True)}


@database.command("demo-data")
@prints(lambda data: "\n".join(f"{name}: {value}" for name, value in data.items()))
def load_demo_data() -> dict[str, Any]:
    """Fill an empty ledger with the data of the published API's examples; tokens are shown once."""
    ledger = open_ledger()
    return load(ledger.database, ledger.settings)


def _fleet_text(data: dict[str, Any]) -> str:
    guests = len(data["tokens"]) + len(data["blocked"])
    return (
        f"{len(data['terminals'])} terminals and {guests} guests are there, all of them named Fleet …\n"
        "With --json their tokens are printed, for `tapledger sim fleet --tokens-file`."
    )


@database.command("fleet-data")
@click.option("--terminals", "bars_and_desks", default=100, show_default=True, type=click.IntRange(2, 999))
@click.option("--guests", default=300, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--yes", "is_mixed", is_flag=True, help="Also into books that hold other people's money.")
@prints(_fleet_text)
def load_fleet_data(**details: Any) -> dict[str, Any]:
    """Have terminals and guests for `tapledger sim fleet`; api_tokens of earlier calls are dead then."""
    ledger = open_ledger()
    with progress_bar() as progress:
        return prepare(ledger, progress=progress, **details)


def _copy_text(data: dict[str, Any]) -> str:
    held = f"{data['rows']} rows in {data['tables']} tables"
    lines = [f"{held}: {figures_text(data['figures'])}, proven on both sides"]
    if data["commands_meanwhile"]:
        lines.append(
            f"The source went on: {data['commands_meanwhile']} commands are not in the copy."
            " Stop its servers and copy again into a new database before you use it."
        )
    return "\n".join(lines)


@database.command("copy")
@click.argument("source", metavar="SOURCE_URL")
@click.argument("target", metavar="TARGET_URL")
@prints(_copy_text, lambda data: MOVED_ON if data["commands_meanwhile"] else 0)
def copy(source: str, target: str) -> dict[str, Any]:
    """Copy the books into a new, empty database: sqlite:///… to postgresql://…, or the other way round.

    Stop the servers first: exit status 1 when the source went on meanwhile.
    """
    urls = database_url(source, "SOURCE_URL"), database_url(target, "TARGET_URL")
    opened = [open_database(url) for url in urls]
    for one in opened:
        click.get_current_context().call_on_close(one.close)
    with progress_bar() as progress:
        return plain(copy_books(*opened, progress))
