"""What an idempotency key may look like."""

from __future__ import annotations

from ledger.foundation.errors import Invalid
from ledger.foundation.text import is_text

KEY_LENGTH = 64


class InvalidKey(Invalid):
    """The idempotency key cannot be kept: it is empty, too long, or not text."""

    code = "invalid_idempotency_key"
    message = f"An idempotency key has 1 to {KEY_LENGTH} characters."


def require_key(key: str) -> str:
    """Return the key, or refuse with InvalidKey."""
    if not is_text(key, KEY_LENGTH):
        raise InvalidKey(fields={"idempotency_key": [InvalidKey.message]})
    return key
