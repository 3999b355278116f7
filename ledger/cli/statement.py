"""A wallet's statement, as data and for people."""

from __future__ import annotations

from typing import Any

from ledger.domain.holds.queries import held_cents
from ledger.domain.wallets.queries import statement as wallet_statement
from ledger.domain.wallets.queries import wallet_balance_cents_at
from ledger.domain.wallets.records import TransactionRecord, WalletRecord
from ledger.foundation.calendar import moment
from ledger.foundation.money import format_cents
from ledger.service import Ledger


def statement(ledger: Ledger, wallet: WalletRecord, limit: int = 20) -> dict[str, Any]:
    """Return a wallet with what is held of it and its latest transactions, amounts in cents."""
    found = ledger.read(wallet_statement, code=wallet.code, limit=limit)
    zone = ledger.settings.time_zone
    return {
        "wallet": found.wallet.code,
        "token": found.wallet.token_id,
        "user": found.wallet.user_name,
        "balance": found.wallet.balance_cents,
        "held": ledger.read(held_cents, wallet=found.wallet, now=ledger.clock.now()),
        "currency": found.wallet.currency,
        "transactions": [_line(item, zone) for item in found.transactions],
        "has_more": found.has_more,
    }


def past_balance(ledger: Ledger, wallet: WalletRecord, at: str) -> dict[str, Any]:
    """Return what a wallet held at a moment as a person writes it; refuses with InvalidMoment."""
    zone = ledger.settings.time_zone
    then = moment(at, zone)
    return {
        "wallet": wallet.code,
        "token": wallet.token_id,
        "user": wallet.user_name,
        "at": then.astimezone(zone).isoformat(),
        "balance": ledger.read(wallet_balance_cents_at, code=wallet.code, moment=then),
        "currency": wallet.currency,
    }


def statement_text(data: dict[str, Any]) -> str:
    """Write a statement for people, latest transaction first."""
    currency = data["currency"]
    owner = f" of {data['user']}" if data["user"] else ""
    head = f"{data['wallet']}{owner}, token {data['token'] or 'none'}"
    held = f", {format_cents(data['held'], currency)} of it held" if data.get("held") else ""
    at = f" at {data['at']}" if "at" in data else ""
    lines = [head, f"  balance {format_cents(data['balance'], currency)}{held}{at}"]
    for item in data.get("transactions", ()):
        amount = format_cents(item["amount"], currency).rjust(12)
        lines.append(f"  {item['time']}  {amount}  {item['description']}  {_via(item)}{item['id']}")
    if data.get("has_more"):
        lines.append("  … and older ones")
    return "\n".join(lines)


def _via(item: dict[str, Any]) -> str:
    return f"({item['terminal']})  " if item["terminal"] else "(by hand)  "


def _line(item: TransactionRecord, zone: Any) -> dict[str, Any]:
    return {
        "id": item.code,
        "amount": item.amount_cents,
        "kind": item.kind.value,
        "description": item.description,
        "tag": item.tag,
        "terminal": item.terminal.friendly_name if item.terminal else None,
        "time": f"{item.recorded_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
    }
