"""What this device may sell without asking: the ledger's grant, and how much of it is used up."""

from journal import records
from system import compat

_HOUR_MS = 3600000
_LIMITS = ("per_token", "in_sum", "count", "hours")


class Allowance:
    """A grant in cents, pieces and hours since the ledger was last heard. Without one nothing is allowed.

    It is not kept on flash: a device that starts without a connection does not know how long it was off,
    and sells nothing until it has heard the ledger. What is unsettled counts, also from before the start.
    """

    def __init__(self):
        self._grant = None
        self._silent_ms = 0
        self._looked = compat.ticks_ms()

    def renew(self, grant):
        """Take what the ledger grants now; anything but four whole numbers is no grant."""
        self._grant = grant if _is_grant(grant) else None
        self._silent_ms = 0
        self._looked = compat.ticks_ms()

    def look(self):
        """Count the time on; to be called more often than ticks wrap around, which is in days."""
        now = compat.ticks_ms()
        self._silent_ms += compat.ticks_diff(now, self._looked)
        self._looked = now

    def allows(self, record, open_records):
        """Tell whether this debit may be approved although the ledger cannot be asked."""
        self.look()
        if self._grant is None or self._silent_ms >= self._grant["hours"] * _HOUR_MS:
            return False
        owed = [each for each in open_records if each.state in records.OWED_STATES and each is not record]
        of_token_cents = sum([each.cents for each in owed if each.token == record.token])
        in_sum_cents = sum([each.cents for each in owed])
        return (
            of_token_cents + record.cents <= self._grant["per_token"]
            and in_sum_cents + record.cents <= self._grant["in_sum"]
            and len(owed) < self._grant["count"]
        )


def _is_grant(grant):
    if not isinstance(grant, dict):
        return False
    for name in _LIMITS:
        value = grant.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return False
    return True
