"""What the books decide, purely."""

from __future__ import annotations

from datetime import datetime

from ledger.domain.books.errors import (
    CaptureExceedsHold,
    HoldClosed,
    HoldExpired,
    InvalidPosting,
    NotReversible,
)
from ledger.domain.books.records import (
    AccountKind,
    AccountRecord,
    Entry,
    HoldRecord,
    HoldState,
    PostingKind,
    PostingRecord,
)
from ledger.foundation.money import require_amount_cents

# Whom the money in an account belongs to: a wallet's to its holder and sales to the house (credit);
# what lies in a box or a till is the house's cash (debit).
NORMAL_SIDES = {
    AccountKind.WALLET: "credit",
    AccountKind.TERMINAL_SALES: "credit",
    AccountKind.CASH_BOX: "debit",
    AccountKind.TILL: "debit",
}


def require_postable(entry: Entry, source: AccountRecord, destination: AccountRecord) -> None:
    """Refuse with InvalidAmount or InvalidPosting what no books may hold."""
    require_amount_cents(entry.amount_cents)
    if source.id == destination.id or source.currency != destination.currency:
        raise InvalidPosting


def reversal_of(posting: PostingRecord, description: str, terminal_id: int | None) -> Entry:
    """Return the entry that moves a posting's money back; refuses with NotReversible."""
    if posting.reverses_id is not None:
        raise NotReversible
    return Entry(
        source_id=posting.destination_id,
        destination_id=posting.source_id,
        amount_cents=posting.amount_cents,
        kind=PostingKind.REVERSAL,
        description=description,
        tag=posting.tag,
        terminal_id=terminal_id,
        reverses_id=posting.id,
    )


def require_holdable(source: AccountRecord, destination: AccountRecord) -> None:
    """Refuse with InvalidPosting a hold of an account without a floor, or for one that has a floor.

    A capture then changes one balance only, and the order in which balances are locked stays as it is.
    """
    if not keeps_balance(source.kind) or keeps_balance(destination.kind):
        raise InvalidPosting


def is_overdue(hold: HoldRecord, now: datetime) -> bool:
    """Say whether a hold's time is over, whether or not anybody has closed it since."""
    return hold.state is HoldState.OPEN and hold.expires_at <= now


def require_capturable(hold: HoldRecord, amount_cents: int, now: datetime) -> None:
    """Refuse with HoldExpired, HoldClosed, InvalidAmount or CaptureExceedsHold."""
    if hold.state is HoldState.EXPIRED or is_overdue(hold, now):
        raise HoldExpired
    if hold.state is not HoldState.OPEN:
        raise HoldClosed
    if require_amount_cents(amount_cents) > hold.amount_cents:
        raise CaptureExceedsHold(fields={"amount": [CaptureExceedsHold.message]})


def capture_of(hold: HoldRecord, amount_cents: int) -> Entry:
    """Return the entry by which a hold becomes a movement."""
    return Entry(
        source_id=hold.source_id,
        destination_id=hold.destination_id,
        amount_cents=amount_cents,
        kind=PostingKind.DEBIT,
        description=hold.description,
        tag=hold.tag,
        terminal_id=hold.terminal_id,
    )


def natural_balance_cents(account: AccountRecord, received_cents: int) -> int:
    """Return the balance as people read it: cash in a box is positive although money left it for a wallet."""
    return received_cents if account.normal_side == "credit" else -received_cents


def keeps_balance(kind: AccountKind) -> bool:
    """Say whether accounts of this kind have a floor and with it a cached balance.

    Only wallets do: a busy machine's sales account with a running balance would be a row that
    every debit waits for.
    """
    return kind is AccountKind.WALLET
