"""Reserves money of a wallet, and captures or releases what was reserved."""

from __future__ import annotations

from ledger.domain.books import commands as books
from ledger.domain.books import holds
from ledger.domain.books.records import HoldRecord, HoldState, PostingKind
from ledger.domain.books.rules import is_overdue
from ledger.domain.devices.queries import acting_terminal
from ledger.domain.holds.errors import NotYourHold
from ledger.domain.holds.queries import wallet_hold
from ledger.domain.holds.records import ExpiryRecord, ReleaseRecord, WalletHoldRecord
from ledger.domain.holds.rules import LIFETIME_S, require_lifetime, require_releasable
from ledger.domain.wallets.queries import wallet_by_code, wallet_by_token
from ledger.domain.wallets.rules import require_label, taking
from ledger.foundation.permissions import Permission
from ledger.storage.command import command
from ledger.storage.transaction import Transaction


@command("holds.reserve", answers=WalletHoldRecord)
def reserve(
    tx: Transaction,
    *,
    token_id: str,
    amount_cents: int,
    description: str,
    tag: str | None = None,
    expires_in_s: int = LIFETIME_S,
) -> WalletHoldRecord:
    """Set an amount (cents, > 0) of a token's wallet aside for the acting terminal, for so many seconds.

    The balance stays as it is; what is held can neither be spent nor be held again until the hold is
    captured, released, or over its time (at most a day). Needs WALLETS_DEBIT. Refuses with
    PermissionMissing, TokenNotPaired, TokenBlocked, InvalidAmount, InvalidLifetime, and with FloorReached,
    which tells what is available.
    """
    tx.actor.require(Permission.WALLETS_DEBIT)
    label = require_label(description, tag)
    lifetime = require_lifetime(expires_in_s)
    terminal = acting_terminal(tx)
    wallet = wallet_by_token(tx, token_id=token_id)
    entry = taking(wallet, terminal, amount_cents, PostingKind.DEBIT, label)
    hold = holds.reserve(tx, entry, tx.now + lifetime)
    until = hold.expires_at.isoformat()
    tx.record("hold.reserved", **_facts(hold, wallet.code), amount_cents=hold.amount_cents, expires_at=until)
    return wallet_hold(tx, code=hold.code, now=tx.now)


@command("holds.capture", answers=WalletHoldRecord)
def capture(tx: Transaction, *, hold_code: str, amount_cents: int | None = None) -> WalletHoldRecord:
    """Take what was held, or a part of it (cents, > 0); the rest is free again.

    One posting, wallet -> the terminal's sales, also when the token has been blocked since: the goods
    are out. Needs WALLETS_DEBIT. Refuses with HoldUnknown, NotYourHold, HoldExpired, HoldClosed,
    InvalidAmount and CaptureExceedsHold.
    """
    tx.actor.require(Permission.WALLETS_DEBIT)
    hold = _own_hold(tx, hold_code)
    posting = books.capture(tx, hold, hold.amount_cents if amount_cents is None else amount_cents)
    after = wallet_hold(tx, code=hold.code, now=tx.now)
    facts = {**_facts(hold, after.wallet.code), "transaction": posting.code}
    balance_cents = after.wallet.balance_cents
    tx.record("hold.captured", **facts, amount_cents=posting.amount_cents, balance_cents=balance_cents)
    return after


@command("holds.release", answers=ReleaseRecord)
def release(tx: Transaction, *, hold_code: str) -> ReleaseRecord:
    """Free what the acting terminal has held; a hold that has ended without a posting stays as it is.

    Needs WALLETS_DEBIT. Refuses with HoldUnknown, NotYourHold, and with HoldClosed when it was captured.
    """
    tx.actor.require(Permission.WALLETS_DEBIT)
    return _release(tx, _own_hold(tx, hold_code))


@command("holds.release_by_hand", answers=ReleaseRecord)
def release_by_hand(tx: Transaction, *, hold_code: str) -> ReleaseRecord:
    """Free what any terminal has held.

    Needs WALLETS_MANAGE. Refuses with HoldUnknown, and with HoldClosed when it was captured.
    """
    tx.actor.require(Permission.WALLETS_MANAGE)
    return _release(tx, holds.locked_hold(tx, hold_code))


@command("holds.expire", answers=ExpiryRecord)
def expire(tx: Transaction, *, wallet_code: str) -> ExpiryRecord:
    """Close the holds of a wallet whose time is over. They block nothing before, but lie about as open.

    Needs WALLETS_MANAGE. Refuses with WalletUnknown.
    """
    tx.actor.require(Permission.WALLETS_MANAGE)
    wallet = wallet_by_code(tx, code=wallet_code)
    overdue = holds.free_overdue(tx, wallet.account_id)
    return ExpiryRecord(wallet.code, tuple(hold.code for hold in overdue))


def _own_hold(tx: Transaction, hold_code: str) -> HoldRecord:
    terminal = acting_terminal(tx)
    hold = holds.locked_hold(tx, hold_code)
    if hold.terminal_id != terminal.id:
        raise NotYourHold
    return hold


def _release(tx: Transaction, hold: HoldRecord) -> ReleaseRecord:
    require_releasable(hold)
    was_closed = hold.state is not HoldState.OPEN or is_overdue(hold, tx.now)
    if not was_closed:
        holds.release(tx, hold)
    after = wallet_hold(tx, code=hold.code, now=tx.now)
    if not was_closed:
        tx.record("hold.released", **_facts(hold, after.wallet.code), amount_cents=hold.amount_cents)
    return ReleaseRecord(after, was_closed)


def _facts(hold: HoldRecord, wallet_code: str) -> dict[str, str]:
    return {"hold": hold.code, "wallet": wallet_code}
