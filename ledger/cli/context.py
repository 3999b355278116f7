"""What every command shares: the ledger it works on, the actor it works as, and how it prints."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import click

from ledger.foundation.actor import Actor, operator_on_this_machine
from ledger.foundation.money import MAX_AMOUNT_CENTS
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.answers import plain
from ledger.storage.command import Command
from ledger.storage.database import open_database


def open_ledger() -> Ledger:
    """Open the ledger of the settings; refuses with SchemaOutdated when it needs `db upgrade`."""
    settings = Settings.from_environment()
    ledger = Ledger(open_database(settings.database_url), settings)
    click.get_current_context().call_on_close(ledger.database.close)
    ledger.require_current_schema()
    return ledger


def me() -> Actor:
    """Return the actor of the person at this machine."""
    return operator_on_this_machine()


def run(ledger: Ledger, command: Command, **arguments: Any) -> Any:
    """Run a command as the person at this machine and return its answer."""
    return ledger.run(command, actor=me(), **arguments).answer


def prints(
    render: Callable[[Any], str], status: Callable[[Any], int] = lambda data: 0
) -> Callable[[Callable], Callable]:
    """Let a command return data: printed by `render` for people, or as one JSON value with --json.

    `status` tells the exit status from the data.
    """

    def decorate(function: Callable) -> Callable:
        @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
        @functools.wraps(function)
        def wrapper(*args: Any, as_json: bool, **options: Any) -> int:
            data = function(*args, **options)
            click.echo(json.dumps(plain(data), ensure_ascii=False) if as_json else render(data))
            return status(data)

        return wrapper

    return decorate


class Cents(click.ParamType):
    """A whole number of cents that one posting may move."""

    name = "cents"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Return the amount; fails with an example when it is no whole number within the bounds."""
        text = str(value)
        # The length comes first: no number of ours has more than twelve digits.
        if not (len(text) <= 12 and text.isascii() and text.isdigit() and 0 < int(text) <= MAX_AMOUNT_CENTS):
            self.fail(f"{value!r} is no amount: a whole number of cents, 500 for 5.00", param, ctx)
        return int(text)


CENTS = Cents()


def columns(rows: list[tuple[str, ...]]) -> str:
    """Lay rows out in columns as wide as their widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in padded)
