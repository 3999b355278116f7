"""`tapledger wallet …`: opening, showing, topping up, and the tokens of wallets."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.context import CENTS, open_ledger, prints, run
from ledger.cli.statement import past_balance, statement, statement_text
from ledger.domain.wallets.commands import reverse_by_hand, top_up_by_hand
from ledger.domain.wallets.pairing import (
    block_token,
    issue_pairing_code,
    open_wallet,
    pair_token,
    replace_token,
    unpair_token,
)
from ledger.domain.wallets.queries import wallet_by_code_or_token
from ledger.domain.wallets.records import WalletRecord
from ledger.service import Ledger

wallet_name = click.argument("name", metavar="WALLET_OR_UID")


@click.group()
def wallet() -> None:
    """Wallets and their tokens."""


@wallet.command("open")
@click.option("--token", "token_id", metavar="UID", help="Pair this token with it.")
@click.option("--user", "user_name", metavar="NAME", help="Whose wallet it is.")
@click.option("--overdraft", default=0, type=click.IntRange(min=0), help="Cents that it may go below zero.")
@prints(statement_text)
def open_one(token_id: str | None, user_name: str | None, overdraft: int) -> dict[str, Any]:
    """Open an empty wallet."""
    ledger = open_ledger()
    details = {"token_id": token_id, "user_name": user_name, "overdraft_limit_cents": overdraft}
    return statement(ledger, run(ledger, open_wallet, currency=ledger.settings.currency, **details))


@wallet.command("show")
@wallet_name
@click.option("--at", "at", metavar="TIME", help="Show what it held then: 2026-11-01T12:00, or with +01:00.")
@prints(statement_text)
def show(name: str, at: str | None) -> dict[str, Any]:
    """Show a wallet's balance and its latest transactions, or its balance at a moment of the past."""
    ledger = open_ledger()
    found = _find(ledger, name)
    return past_balance(ledger, found, at) if at else statement(ledger, found)


@wallet.command("top-up")
@wallet_name
@click.argument("cents", type=CENTS)
@click.option("--description", required=True, help="What the holder reads in the statement.")
@prints(statement_text)
def top_up(name: str, cents: int, description: str) -> dict[str, Any]:
    """Credit cash that was taken by hand."""
    ledger = open_ledger()
    code = _find(ledger, name).code
    details = {"wallet_code": code, "amount_cents": cents, "description": description}
    return statement(ledger, run(ledger, top_up_by_hand, **details))


@wallet.command("reverse")
@click.argument("transaction", metavar="TXN")
@click.option("--description", required=True, help="What the holder reads in the statement.")
@prints(statement_text)
def reverse(transaction: str, description: str) -> dict[str, Any]:
    """Undo a transaction by a new one the other way round."""
    ledger = open_ledger()
    undone = run(ledger, reverse_by_hand, transaction_code=transaction, description=description)
    return statement(ledger, undone)


@wallet.command("pair")
@wallet_name
@click.argument("token_id", metavar="NEW_UID")
@prints(statement_text)
def pair(name: str, token_id: str) -> dict[str, Any]:
    """Pair a token with a wallet."""
    ledger = open_ledger()
    return statement(ledger, run(ledger, pair_token, wallet_code=_find(ledger, name).code, token_id=token_id))


@wallet.command("pairing-code")
@wallet_name
@prints(lambda data: f"{data['pairing_code']} (good until {data['expires_at']})")
def pairing_code(name: str) -> dict[str, Any]:
    """Print a code with which a terminal can pair a token with a wallet, once, within ten minutes."""
    ledger = open_ledger()
    issued = run(ledger, issue_pairing_code, wallet_code=_find(ledger, name).code)
    return vars(issued) | {"expires_at": issued.expires_at.isoformat(timespec="seconds")}


@wallet.command("replace")
@wallet_name
@click.argument("token_id", metavar="NEW_UID")
@prints(statement_text)
def replace(name: str, token_id: str) -> dict[str, Any]:
    """Replace a lost token: the new one is paired, the old one blocked."""
    ledger = open_ledger()
    code = _find(ledger, name).code
    return statement(ledger, run(ledger, replace_token, wallet_code=code, new_token_id=token_id))


@wallet.command("block")
@click.argument("token_id", metavar="UID")
@prints(statement_text)
def block(token_id: str) -> dict[str, Any]:
    """Block a token; `wallet unpair` and `wallet pair` bring it back."""
    ledger = open_ledger()
    return statement(ledger, run(ledger, block_token, token_id=token_id))


@wallet.command("unpair")
@click.argument("token_id", metavar="UID")
@prints(statement_text)
def unpair(token_id: str) -> dict[str, Any]:
    """Take a token, blocked or not, off its wallet."""
    ledger = open_ledger()
    return statement(ledger, run(ledger, unpair_token, token_id=token_id))


def _find(ledger: Ledger, name: str) -> WalletRecord:
    return ledger.read(wallet_by_code_or_token, name=name)
