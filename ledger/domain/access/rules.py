"""What access decides, purely."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ledger.domain.access.errors import InvalidOperatorName
from ledger.domain.access.records import Role
from ledger.foundation.permissions import Permission

ROLE_PERMISSIONS = {
    Role.ADMIN: frozenset(Permission),
    Role.STAFF: frozenset({Permission.WALLETS_READ, Permission.WALLETS_CREDIT, Permission.WALLETS_MANAGE}),
}
# One shift at a desk, and one night longer than a person stays awake beside it.
SESSION_LIFETIME = timedelta(hours=14)
# So many wrong passwords are a person's mistakes; then each costs a time that doubles.
FREE_ATTEMPTS = 5
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=1)
_USERNAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def require_username(name: str) -> str:
    """Return the name, or refuse with InvalidOperatorName."""
    if not _USERNAME.fullmatch(name):
        raise InvalidOperatorName(fields={"username": [InvalidOperatorName.message]})
    return name


def locked_until(attempts: int, now: datetime) -> datetime | None:
    """Return until when nobody may sign in by a name after so many attempts; None: they may try again."""
    beyond = attempts - FREE_ATTEMPTS
    if beyond < 0:
        return None
    return now + min(FIRST_LOCK * 2 ** min(beyond, 12), LONGEST_LOCK)
