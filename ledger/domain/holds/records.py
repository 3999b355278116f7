"""What holds hand out."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.domain.books.records import HoldRecord
from ledger.domain.devices.records import TerminalRecord
from ledger.domain.wallets.records import WalletRecord


@dataclass(frozen=True)
class WalletHoldRecord:
    """A hold, its wallet, and what of the wallet's money (cents) may still be taken down to its floor."""

    hold: HoldRecord
    wallet: WalletRecord
    available_cents: int


@dataclass(frozen=True)
class ReleaseRecord:
    """A hold that holds nothing any more; `was_closed`: it had ended before, by itself or by a release."""

    held: WalletHoldRecord
    was_closed: bool


@dataclass(frozen=True)
class OpenHoldRecord:
    """An open hold as people look for it; `is_overdue`: it holds nothing, and nobody has closed it yet."""

    hold: HoldRecord
    wallet: WalletRecord
    terminal: TerminalRecord | None
    is_overdue: bool


@dataclass(frozen=True)
class ExpiryRecord:
    """The holds of one wallet that were over their time and have been closed."""

    wallet_code: str
    hold_codes: tuple[str, ...]
