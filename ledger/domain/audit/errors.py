"""What the audit refuses."""

from __future__ import annotations

from ledger.foundation.errors import Invalid


class ReceiptUnreadable(Invalid):
    """A line is no receipt of a terminal."""

    code = "receipt_unreadable"
    message = "This is no receipt."
