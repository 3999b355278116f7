"""What devices hands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class TerminalPermission(StrEnum):
    """What a terminal may do with money (TRAPS.md T-19)."""

    DEBIT = "debit"
    CREDIT = "credit"
    ALL = "all"


@dataclass(frozen=True)
class TerminalRecord:
    """A terminal: `slug` is its public id, `friendly_name` what people see.

    Its sales are posted to `sales_account_id`; the cash that it takes lies in `cash_account_id`.
    """

    id: int
    slug: str
    friendly_name: str
    permission: TerminalPermission
    sales_account_id: int
    cash_account_id: int


@dataclass(frozen=True)
class TerminalWithToken:
    """A terminal and its new api_token, which is shown this once."""

    terminal: TerminalRecord
    api_token: str | None = field(default=None, repr=False, metadata={"secret": True})


@dataclass(frozen=True)
class DevicePairingOffer:
    """A new device that waits: `code` is for the operator's eyes, `secret` is what it claims with."""

    install_id: str
    expires_at: datetime
    code: str | None = field(default=None, repr=False, metadata={"secret": True})
    secret: str | None = field(default=None, repr=False, metadata={"secret": True})


@dataclass(frozen=True)
class WaitingDevice:
    """How a waiting device stands."""

    is_confirmed: bool
    expires_at: datetime


@dataclass(frozen=True)
class OfflineAllowanceRecord:
    """What a device may sell unsettled: for one token, in sum, how many times, and for how long unheard."""

    per_token_cents: int
    in_sum_cents: int
    count: int
    hours: int
