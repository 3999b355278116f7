"""What the books decide, purely."""

from __future__ import annotations

from ledger.domain.books.errors import InvalidPosting, NotReversible
from ledger.domain.books.records import AccountKind, AccountRecord, Entry, PostingKind, PostingRecord
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


def natural_balance_cents(account: AccountRecord, received_cents: int) -> int:
    """Return the balance as people read it: cash in a box is positive although money left it for a wallet."""
    return received_cents if account.normal_side == "credit" else -received_cents


def keeps_balance(kind: AccountKind) -> bool:
    """Say whether accounts of this kind have a floor and with it a cached balance.

    Only wallets do: a busy machine's sales account with a running balance would be a row that
    every debit waits for.
    """
    return kind is AccountKind.WALLET
