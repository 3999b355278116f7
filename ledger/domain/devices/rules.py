"""What devices decides, purely."""

from __future__ import annotations

import re
from datetime import timedelta

from ledger.domain.devices.errors import InvalidAllowance, InvalidInstallId, InvalidTerminal
from ledger.domain.devices.records import OfflineAllowanceRecord, TerminalPermission
from ledger.foundation.permissions import Permission

TERMINAL_PERMISSIONS = {
    TerminalPermission.DEBIT: frozenset({Permission.WALLETS_READ, Permission.WALLETS_DEBIT}),
    TerminalPermission.CREDIT: frozenset({Permission.WALLETS_READ, Permission.WALLETS_CREDIT}),
    TerminalPermission.ALL: frozenset(
        {Permission.WALLETS_READ, Permission.WALLETS_DEBIT, Permission.WALLETS_CREDIT}
    ),
}
NAME_LENGTH = 64
# Long enough to walk to a keyboard, and too short to guess 39 bits.
DEVICE_PAIRING_LIFETIME = timedelta(minutes=10)
# Anybody may ask: this bounds what the table, the audit trail and the outbox grow by.
MOST_PAIRINGS_IN_A_LIFETIME = 100
# The most of each limit of an offline allowance. A device's journal has room for 32 open records.
_MOST_OFFLINE = {"per_token_cents": 100_000, "in_sum_cents": 1_000_000, "count": 32, "hours": 720}
_INSTALL_ID = re.compile(r"[0-9a-f]{8,32}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def is_slug(value: str) -> bool:
    """Say whether a value may be the public id of a terminal or a product."""
    return bool(_SLUG.fullmatch(value))


def is_name(value: str) -> bool:
    """Say whether a value may be a name that people see: 1 to 64 printable characters, no blank ends."""
    return 1 <= len(value) <= NAME_LENGTH and value.isprintable() and value == value.strip()


def require_terminal(slug: str, friendly_name: str) -> None:
    """Refuse with InvalidTerminal an id or a name that is malformed."""
    fields = {}
    if not is_slug(slug):
        fields["id"] = ["An id has 1 to 64 small letters, digits, hyphens or underscores."]
    if not is_name(friendly_name):
        fields["friendly_name"] = ["A name has 1 to 64 printable characters."]
    if fields:
        raise InvalidTerminal(fields=fields)


def require_install_id(install_id: str) -> None:
    """Refuse with InvalidInstallId what a device cannot call itself."""
    if not _INSTALL_ID.fullmatch(install_id):
        raise InvalidInstallId


def normalised_code(code: str) -> str:
    """Return a pairing code as it was drawn, however somebody has typed it."""
    return "".join(code.split()).replace("-", "").upper()


def require_allowance(allowance: OfflineAllowanceRecord) -> dict[str, int]:
    """Return the limits by name, or refuse with InvalidAllowance."""
    limits = vars(allowance)
    fields = {
        name: [f"A whole number from 1 to {most}."]
        for name, most in _MOST_OFFLINE.items()
        if not 1 <= limits[name] <= most
    }
    if fields:
        raise InvalidAllowance(fields=fields)
    return dict(limits)
