"""`tapledger holds …`: money that machines have reserved and not yet taken."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.context import columns, open_ledger, prints, run
from ledger.domain.holds import commands
from ledger.domain.holds.queries import open_holds, wallets_with_overdue_holds
from ledger.domain.holds.records import ExpiryRecord, OpenHoldRecord
from ledger.domain.wallets.queries import wallet_by_code_or_token
from ledger.foundation.money import format_cents
from ledger.service import Ledger

SHOWN = 100


@click.group()
def holds() -> None:
    """Money that machines have reserved and not yet taken."""


def _list_text(data: dict[str, Any]) -> str:
    if not data["holds"]:
        return "nothing is held"
    head = ("ID", "AMOUNT", "TERMINAL", "WALLET", "UNTIL", "DESCRIPTION")
    lines = columns([head, *[_row(row) for row in data["holds"]]])
    return f"{lines}\n… and younger ones" if data["has_more"] else lines


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    until = f"{row['until']} (over)" if row["is_overdue"] else row["until"]
    amount = format_cents(row["amount"], row["currency"])
    return row["id"], amount, row["terminal"] or "-", row["wallet"], until, row["description"]


@holds.command("list")
@click.argument("name", metavar="[WALLET_OR_UID]", required=False)
@prints(_list_text)
def list_holds(name: str | None) -> dict[str, Any]:
    """List the open holds, of one wallet or of all, oldest first."""
    ledger = open_ledger()
    wallet = name and ledger.read(wallet_by_code_or_token, name=name)
    found = ledger.read(open_holds, now=ledger.clock.now(), wallet=wallet, limit=SHOWN)
    return {"holds": [_shown(ledger, item) for item in found.items], "has_more": found.has_more}


def _release_text(data: dict[str, Any]) -> str:
    amount = format_cents(data["amount"], data["currency"])
    if data["was_closed"]:
        return f"{data['id']} was closed before: it is {data['state']}, and nothing is held by it"
    return f"{data['id']} is released: {amount} of {data['wallet']} are free again"


@holds.command("release")
@click.argument("hold", metavar="HOLD")
@prints(_release_text)
def release(hold: str) -> dict[str, Any]:
    """Free what a machine has reserved."""
    released = run(open_ledger(), commands.release_by_hand, hold_code=hold)
    closed, wallet = released.held.hold, released.held.wallet
    return {
        "id": closed.code,
        "wallet": wallet.code,
        "amount": closed.amount_cents,
        "currency": wallet.currency,
        "state": closed.state.value,
        "was_closed": released.was_closed,
    }


@holds.command("expire")
@prints(lambda data: f"overdue holds closed: {data['expired']}")
def expire() -> dict[str, Any]:
    """Close the holds whose time is over. They block no money; this only tidies up, once a day or so."""
    return {"expired": sum(len(record.hold_codes) for record in expire_overdue(open_ledger()))}


def expire_overdue(ledger: Ledger) -> list[ExpiryRecord]:
    """Close the holds whose time is over, everywhere: each wallet's in a transaction of its own."""
    overdue = ledger.read(wallets_with_overdue_holds, now=ledger.clock.now())
    return [run(ledger, commands.expire, wallet_code=code) for code in overdue]


def _shown(ledger: Ledger, item: OpenHoldRecord) -> dict[str, Any]:
    until = item.hold.expires_at.astimezone(ledger.settings.time_zone)
    return {
        "id": item.hold.code,
        "amount": item.hold.amount_cents,
        "currency": item.wallet.currency,
        "terminal": item.terminal.slug if item.terminal else None,
        "wallet": item.wallet.code,
        "until": f"{until:%Y-%m-%d %H:%M:%S}",
        "is_overdue": item.is_overdue,
        "description": item.hold.description,
    }
