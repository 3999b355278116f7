"""People's passwords: hashed with argon2id, and looked at by few at a time."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.domain.access.errors import InvalidPassword

MIN_LENGTH = 10
# A longer one is a mistake, and hashing it would only cost time.
MAX_LENGTH = 256
# Each look costs 64 MiB and a tenth of a second of several cores: whoever tries a thousand at once queues.
_MOST_AT_ONCE = 2
_seats = threading.BoundedSemaphore(_MOST_AT_ONCE)
_hasher = PasswordHasher()


def hashed(password: str, *, username: str) -> str:
    """Return the hash under which a new password is kept; refuses with InvalidPassword what is too weak."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH or username.lower() in password.lower():
        raise InvalidPassword(fields={"password": [InvalidPassword.message]})
    with _seats:
        return _hasher.hash(_bytes(password))


def matches(password: str, kept: str | None) -> bool:
    """Say whether a password is the kept one; where none is kept it takes as long, and is never it."""
    with _seats:
        try:
            _hasher.verify(kept or _of_nobody(), _bytes(password[: MAX_LENGTH + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


@cache
def _of_nobody() -> str:
    return _hasher.hash(b"nobody")


def _bytes(password: str) -> bytes:
    # What somebody sends may be half a character.
    return password.encode(errors="surrogatepass")
