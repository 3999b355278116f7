"""What access decides, purely."""

from __future__ import annotations

import re

from ledger.domain.access.errors import InvalidOperatorName
from ledger.domain.access.records import Role
from ledger.foundation.permissions import Permission

ROLE_PERMISSIONS = {
    Role.ADMIN: frozenset(Permission),
    Role.STAFF: frozenset({Permission.WALLETS_READ, Permission.WALLETS_CREDIT, Permission.WALLETS_MANAGE}),
}
_USERNAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def require_username(name: str) -> str:
    """Return the name, or refuse with InvalidOperatorName."""
    if not _USERNAME.fullmatch(name):
        raise InvalidOperatorName(fields={"username": [InvalidOperatorName.message]})
    return name
