"""What holds refuse, beyond what the books do."""

from __future__ import annotations

from ledger.foundation.errors import Forbidden, Invalid


class NotYourHold(Forbidden):
    """A terminal ends its own holds only."""

    code = "hold_not_permitted"
    message = "Only the terminal that reserved a hold can capture or release it."


class InvalidLifetime(Invalid):
    """A hold's life is not a whole number of seconds within the bounds."""

    code = "invalid_lifetime"
    message = "A hold lives for a whole number of seconds, from 1 to 86400."
