"""What a closing refuses."""

from __future__ import annotations

from ledger.foundation.errors import Conflict


class ClosingDoesNotAddUp(Conflict):
    """Opening, movements and closing contradict each other: the books are not whole."""

    code = "closing_does_not_add_up"
    message = "The figures of this day do not add up: run `tapledger audit`."
