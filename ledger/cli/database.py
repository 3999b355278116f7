"""`tapledger db …`: the schema and the published examples' data."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.context import open_ledger, prints
from ledger.demo_data import load
from ledger.settings import Settings
from ledger.storage.database import open_database, translated_errors
from ledger.storage.schema import upgrade


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
    settings = Settings.from_environment()
    opened = open_database(settings.database_url)
    click.get_current_context().call_on_close(opened.close)
    with translated_errors():
        before, after = upgrade(opened.engine)
    shown_url = settings.database_url.render_as_string(hide_password=True)
    return {"from": before, "to": after, "database": shown_url}


@database.command("demo-data")
@prints(lambda data: "\n".join(f"{name}: {value}" for name, value in data.items()))
def load_demo_data() -> dict[str, Any]:
    """Fill an empty ledger with the data of the published API's examples; tokens are shown once."""
    ledger = open_ledger()
    return load(ledger.database, ledger.settings)
