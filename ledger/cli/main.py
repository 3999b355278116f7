"""The `tapledger` command: its groups, and how its errors look."""

from __future__ import annotations

import sys

import click
from terminal_sim.cli import sim

from ledger.cli.audit import audit
from ledger.cli.database import database
from ledger.cli.demo import demo
from ledger.cli.operators import operator
from ledger.cli.serve import serve
from ledger.cli.terminals import terminal
from ledger.cli.wallets import wallet
from ledger.foundation.errors import Refusal
from ledger.settings import InvalidSetting

BAD_INPUT = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tapledger")
def tapledger() -> None:
    """Wallets on RFID tokens: the ledger, its terminals, and a simulator.

    The books are in the database of TAPLEDGER_DATABASE_URL (SQLAlchemy form), by default
    sqlite:///var/tapledger.db. Amounts are whole cents: 500 is 5.00.
    """


for command in (audit, database, demo, operator, serve, sim, terminal, wallet):
    tapledger.add_command(command)


def main() -> None:
    """Run the command; bad input is one line on standard error and exit status 2."""
    try:
        status = tapledger.main(standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except (click.ClickException, InvalidSetting, Refusal) as error:
        click.echo(f"tapledger: {sentence(error)}", err=True)
        sys.exit(BAD_INPUT)
    sys.exit(status if isinstance(status, int) else 0)


def sentence(error: Exception) -> str:
    """Say an error in one line."""
    if isinstance(error, Refusal):
        details = " ".join(message for messages in error.fields.values() for message in messages)
        said = details or error.message
        balance_cents = error.details.get("balance_cents")
        return said if balance_cents is None else f"{said} The balance is {balance_cents} cents."
    said = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return " ".join(said.split())
