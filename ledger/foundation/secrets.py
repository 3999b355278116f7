"""How long random secrets are kept: by their hash, never by themselves."""

from __future__ import annotations

import hashlib


def hash_secret(secret: str) -> str:
    """Return the SHA-256 under which a random secret is stored and looked up.

    Only for secrets of 256 random bits, where guessing is hopeless and a slow hash would buy nothing.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
