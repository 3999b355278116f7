"""What wallets hand out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ledger.domain.books.records import PostingKind
from ledger.domain.devices.records import TerminalRecord


@dataclass(frozen=True)
class WalletRecord:
    """A wallet and its balance in cents; `token_id` is the token paired last, as it was given."""

    id: int
    code: str
    account_id: int
    user_name: str | None
    created_at: datetime
    balance_cents: int
    floor_cents: int
    currency: str
    token_id: str | None


@dataclass(frozen=True)
class Label:
    """What a transaction is called: a description for people and a tag for sorting."""

    description: str
    tag: str | None


@dataclass(frozen=True)
class TransactionRecord:
    """A posting as a wallet's holder sees it: credits positive, debits negative, in cents."""

    code: str
    amount_cents: int
    kind: PostingKind
    description: str
    tag: str | None
    terminal: TerminalRecord | None
    recorded_at: datetime


@dataclass(frozen=True)
class StatementRecord:
    """A wallet and its transactions at one moment, latest first; `has_more`: there are older ones."""

    wallet: WalletRecord
    transactions: tuple[TransactionRecord, ...]
    has_more: bool


class ReversalState(StrEnum):
    """How the reversal of an idempotency key came out."""

    REVERSED = "reversed"
    NEVER_BOOKED = "never_booked"
    WAS_REVERSED = "was_reversed"


@dataclass(frozen=True)
class ReversalRecord:
    """A key whose effect is zero for good; `wallet` is absent where nothing had been booked."""

    state: ReversalState
    wallet: WalletRecord | None


@dataclass(frozen=True)
class PairingCodeRecord:
    """A wallet waiting for a token; the code is shown this once."""

    wallet_code: str
    expires_at: datetime
    pairing_code: str | None = field(default=None, repr=False, metadata={"secret": True})
