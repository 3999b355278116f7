"""What an idempotency key may look like."""

from __future__ import annotations

from ledger.foundation.errors import Invalid
from ledger.foundation.text import is_text

KEY_LENGTH = 64


class InvalidKey(Invalid):
    """The idempotency key cannot be kept: it is empty, too long, or not text."""

    code = "invalid_idempotency_key"
    message = f"An idempotency key has 1 to {KEY_LENGTH} characters."


def is_key(key: str) -> bool:
    """Say whether this can be a key."""
    return is_text(key, KEY_LENGTH)


def require_key(key: str) -> str:
    """Return the key, or refuse with InvalidKey."""
    if not is_key(key):
        raise InvalidKey(fields={"idempotency_key": [InvalidKey.message]})
    return key
