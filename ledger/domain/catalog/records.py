"""What the catalogue hands out, and what it is asked to offer."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.domain.devices.records import TerminalPermission, TerminalRecord


@dataclass(frozen=True)
class Offer:
    """A product at a terminal and what it costs there, in cents."""

    slug: str
    label: str
    price_cents: int


@dataclass(frozen=True)
class NewTerminal:
    """What a terminal that is to be installed is called, may do and sells."""

    friendly_name: str
    permission: TerminalPermission
    currency: str
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class InstalledTerminal:
    """A new terminal with what it sells, and its api_token, which is shown this once."""

    terminal: TerminalRecord
    offers: tuple[Offer, ...]
    api_token: str | None = field(default=None, repr=False, metadata={"secret": True})
