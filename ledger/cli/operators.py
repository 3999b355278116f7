"""`tapledger operator …`: people who run the house, and their tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from ledger.cli.context import open_ledger, prints, run
from ledger.domain.access import tokens
from ledger.domain.access.commands import add_operator
from ledger.domain.access.queries import operator as find_operator
from ledger.domain.access.records import Role


@click.group()
def operator() -> None:
    """People who run the house."""


@operator.command("add")
@click.argument("username", metavar="NAME")
@click.option("--role", required=True, type=click.Choice([item.value for item in Role]))
@prints(lambda data: f"{data['username']} ({data['role']})")
def add(username: str, role: str) -> dict[str, Any]:
    """Add an operator."""
    return vars(run(open_ledger(), add_operator, username=username, role=Role(role)))


@operator.command("token")
@click.argument("username", metavar="NAME")
@click.option("--minutes", default=15, show_default=True, type=click.IntRange(1, 24 * 60))
@prints(lambda data: data["token"])
def token(username: str, minutes: int) -> dict[str, Any]:
    """Print a token with which an operator may use the API for a while."""
    ledger = open_ledger()
    known = ledger.read(find_operator, username=username)
    lifetime = timedelta(minutes=minutes)
    return {"token": tokens.issue(known.username, ledger.settings.secret_key, ledger.clock, lifetime)}
