"""`tapledger user …`: people who run the house, their passwords and their tokens."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import click

from ledger.cli.context import open_ledger, prints, run
from ledger.domain.access import passwords, tokens
from ledger.domain.access.commands import add_operator
from ledger.domain.access.queries import operator as find_operator
from ledger.domain.access.records import Role
from ledger.domain.access.signing_in import set_password


@click.group()
def user() -> None:
    """People who run the house."""


@user.command("add")
@click.argument("username", metavar="NAME")
@click.option("--role", required=True, type=click.Choice([item.value for item in Role]))
@click.option("--password", "asks", is_flag=True, help="Ask for a password, so that they can sign in.")
@prints(lambda data: f"{data['username']} ({data['role']})")
def add(username: str, role: str, asks: bool) -> dict[str, Any]:
    """Add a person; an admin may do everything, staff serve people at the desk."""
    ledger = open_ledger()
    # What is refused about the password is refused before anybody is added.
    password_hash = _asked_password(username) if asks else None
    added = run(ledger, add_operator, username=username, role=Role(role))
    if password_hash is not None:
        run(ledger, set_password, username=username, password_hash=password_hash)
    return vars(added)


@user.command("password")
@click.argument("username", metavar="NAME")
@prints(lambda data: f"{data['username']} has a new password, and is signed in nowhere any more")
def password(username: str) -> dict[str, Any]:
    """Give a person a new password, typed or the first line of standard input; every session ends."""
    ledger = open_ledger()
    ledger.read(find_operator, username=username)
    password_hash = _asked_password(username)
    return vars(run(ledger, set_password, username=username, password_hash=password_hash))


@user.command("token")
@click.argument("username", metavar="NAME")
@click.option("--minutes", default=15, show_default=True, type=click.IntRange(1, 24 * 60))
@prints(lambda data: data["token"])
def token(username: str, minutes: int) -> dict[str, Any]:
    """Print a token with which a person may use the API for a while."""
    ledger = open_ledger()
    known = ledger.read(find_operator, username=username)
    lifetime = timedelta(minutes=minutes)
    return {"token": tokens.issue(known.username, ledger.settings.secret_key, ledger.clock, lifetime)}


def _asked_password(username: str) -> str:
    if sys.stdin.isatty():
        # Asked on standard error, so that --json prints nothing but its value.
        typed = click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    else:
        typed = sys.stdin.readline().rstrip("\n")
    return passwords.hashed(typed, username=username)
