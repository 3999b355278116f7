"""What the books hand out, and what they are asked to post."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AccountKind(StrEnum):
    """What an account holds."""

    WALLET = "wallet"
    TERMINAL_SALES = "terminal_sales"
    CASH_BOX = "cash_box"
    TILL = "till"


class PostingKind(StrEnum):
    """Why money moved."""

    SALE = "sale"
    DEBIT = "debit"
    TOP_UP = "top_up"
    REVERSAL = "reversal"


class HoldState(StrEnum):
    """How a hold stands: it is open until it is captured, released, or over its time."""

    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True)
class AccountRecord:
    """An account. `normal_side` is `credit` where money in the account is owed to somebody."""

    id: int
    code: str
    kind: AccountKind
    normal_side: str
    currency: str


@dataclass(frozen=True)
class Entry:
    """A movement to post: `amount_cents` > 0 goes from the source account to the destination account."""

    source_id: int
    destination_id: int
    amount_cents: int
    kind: PostingKind
    description: str
    tag: str | None = None
    terminal_id: int | None = None
    reverses_id: int | None = None


@dataclass(frozen=True)
class PostingRecord:
    """A movement that was posted; `id` is None while it waits to be written with the others of its group."""

    id: int | None
    code: str
    source_id: int
    destination_id: int
    amount_cents: int
    kind: PostingKind
    description: str
    tag: str | None
    terminal_id: int | None
    reverses_id: int | None
    command_id: int
    recorded_at: datetime


@dataclass(frozen=True)
class Booking:
    """A movement that was posted just now, and what its accounts with a floor hold since, by account id."""

    posting: PostingRecord
    balances_cents: dict[int, int]


@dataclass(frozen=True)
class HoldRecord:
    """Money of the source account set aside for an entry that may be posted until `expires_at`.

    `captured_cents` is what was posted of it in the end, by the posting `posting_id`.
    """

    id: int
    code: str
    source_id: int
    destination_id: int
    amount_cents: int
    description: str
    tag: str | None
    terminal_id: int | None
    command_id: int
    recorded_at: datetime
    expires_at: datetime
    state: HoldState
    captured_cents: int
    posting_id: int | None
    closed_at: datetime | None
    closed_by_id: int | None
