"""What the desk reads: whom a token belongs to, who is looked for, and what was booked by hand last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.domain.books import queries as books
from ledger.domain.books.records import AccountKind, PostingKind
from ledger.domain.wallets import tables, tables_desk
from ledger.domain.wallets.errors import TokenNotPaired
from ledger.domain.wallets.queries import wallet_by_account, wallet_by_code
from ledger.domain.wallets.records import WalletRecord
from ledger.domain.wallets.rules import HOUSE_TILL, is_weak_token, normalised_token
from ledger.foundation.text import is_storable
from ledger.storage.transaction import Reader

MOST_FOUND = 20


@dataclass(frozen=True)
class SeenToken:
    """A token that lies on the desk's reader, and the wallet that it belongs to.

    `blocked_at`: it was blocked or replaced and has turned up again. `is_weak`: its UID is one of those
    that are not unique in the world.
    """

    wallet: WalletRecord
    token_id: str
    blocked_at: datetime | None
    is_weak: bool


@dataclass(frozen=True)
class HandBooking:
    """Something that was booked by hand: cents positive when they came onto the wallet."""

    code: str
    wallet: WalletRecord
    amount_cents: int
    description: str
    recorded_at: datetime
    is_undone: bool


def seen_token(reader: Reader, *, token_id: str) -> SeenToken:
    """Return whom a token belongs to, a blocked one too; refuses with TokenNotPaired."""
    row = is_storable(token_id) and tables.select_wallet_by_token(reader, normalised_token(token_id))
    if not row:
        raise TokenNotPaired
    *wallet, blocked_at = row
    return SeenToken(WalletRecord(*wallet, token_id), token_id, blocked_at, is_weak_token(token_id))


def found_wallets(reader: Reader, *, text: str) -> list[WalletRecord]:
    """Return wallets whose owner's name, code or token has this text in it, by name; twenty at most."""
    wanted = text.strip()
    if not wanted or not is_storable(wanted):
        return []
    codes = tables_desk.select_codes(reader, wanted, normalised_token(wanted), MOST_FOUND)
    return [wallet_by_code(reader, code=code) for code in codes]


def latest_by_hand(reader: Reader, *, limit: int = 10) -> list[HandBooking]:
    """Return what was booked at the house's till last, latest first."""
    till = books.account_of(reader, AccountKind.TILL, HOUSE_TILL)
    if till is None:
        return []
    postings = books.latest_postings(reader, till.id, None, 2 * limit).items
    booked = [each for each in postings if each.kind is PostingKind.TOP_UP][:limit]
    return [
        HandBooking(
            code=each.code,
            wallet=wallet_by_account(reader, account_id=each.destination_id),
            amount_cents=each.amount_cents,
            description=each.description,
            recorded_at=each.recorded_at,
            is_undone=books.reversal_of(reader, each.id) is not None,
        )
        for each in booked
    ]
