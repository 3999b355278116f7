"""Reads holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ledger.domain.books import holds as books
from ledger.domain.books.records import HoldRecord, HoldState
from ledger.domain.books.rules import is_overdue
from ledger.domain.devices.queries import terminals
from ledger.domain.holds.records import OpenHoldRecord, WalletHoldRecord
from ledger.domain.wallets.queries import wallet_by_account
from ledger.domain.wallets.records import WalletRecord
from ledger.foundation.paging import Page
from ledger.storage.transaction import Reader


def wallet_hold(reader: Reader, *, code: str, now: datetime) -> WalletHoldRecord:
    """Return a hold and its wallet as they are now; refuses with HoldUnknown.

    A hold whose time is over is expired, whether or not anybody has closed it.
    """
    hold = books.hold_by_code(reader, code)
    wallet = wallet_by_account(reader, account_id=hold.source_id)
    shown = replace(hold, state=HoldState.EXPIRED) if is_overdue(hold, now) else hold
    return WalletHoldRecord(shown, wallet, available_cents(reader, wallet, now))


def available_cents(reader: Reader, wallet: WalletRecord, now: datetime) -> int:
    """Return what may still be taken from a wallet: down to its floor, without what is held."""
    return wallet.balance_cents - wallet.floor_cents - held_cents(reader, wallet=wallet, now=now)


def held_cents(reader: Reader, *, wallet: WalletRecord, now: datetime) -> int:
    """Return what is held of a wallet."""
    return books.held_cents(reader, wallet.account_id, now)


def open_holds(
    reader: Reader, *, now: datetime, wallet: WalletRecord | None = None, limit: int = 100
) -> Page[OpenHoldRecord]:
    """Return the holds that nobody has closed, of one wallet or of all, oldest first, at most `limit`."""
    page = books.open_holds(reader, wallet and wallet.account_id, limit)
    asking = {hold.terminal_id for hold in page.items if hold.terminal_id is not None}
    by_id = {terminal.id: terminal for terminal in terminals(reader, ids=sorted(asking))}
    return Page(tuple(_open(reader, hold, by_id, now) for hold in page.items), page.has_more)


def wallets_with_overdue_holds(reader: Reader, *, now: datetime) -> list[str]:
    """Return the codes of the wallets that have a hold whose time was over before anybody closed it."""
    accounts = books.accounts_with_overdue_holds(reader, now)
    return [wallet_by_account(reader, account_id=account_id).code for account_id in accounts]


def _open(reader: Reader, hold: HoldRecord, by_id: dict, now: datetime) -> OpenHoldRecord:
    wallet = wallet_by_account(reader, account_id=hold.source_id)
    return OpenHoldRecord(hold, wallet, by_id.get(hold.terminal_id), is_overdue(hold, now))
