"""What holds decide, purely."""

from __future__ import annotations

from datetime import timedelta

from ledger.domain.books.errors import HoldClosed
from ledger.domain.books.records import HoldRecord, HoldState
from ledger.domain.holds.errors import InvalidLifetime

# A machine that vends tells within a minute or two; one that never tells must not lock money for long.
LIFETIME_S = 120
LONGEST_LIFETIME_S = 24 * 60 * 60


def require_lifetime(expires_in_s: int) -> timedelta:
    """Return how long a hold lives, or refuse with InvalidLifetime."""
    if type(expires_in_s) is not int or not 0 < expires_in_s <= LONGEST_LIFETIME_S:
        raise InvalidLifetime(fields={"expires_in_s": [InvalidLifetime.message]})
    return timedelta(seconds=expires_in_s)


def require_releasable(hold: HoldRecord) -> None:
    """Refuse with HoldClosed a hold whose money has been taken: a reversal gives it back, not a release."""
    if hold.state is HoldState.CAPTURED:
        raise HoldClosed("This hold has been captured; reverse the transaction to give the money back.")
