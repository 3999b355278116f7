"""How long random secrets are kept: by their hash, never by themselves."""

from __future__ import annotations

import hashlib


def hash_secret(secret: str) -> str:
    """Return the SHA-256 under which a random secret is stored and looked up.

    Only for what is drawn at random and cannot be guessed while it is good: 256 bits for long-lived
    secrets, fewer for a code that lives for minutes. A slow hash would buy nothing there. Whatever
    somebody sends instead of a secret has a hash as well, half characters included.
    """
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
