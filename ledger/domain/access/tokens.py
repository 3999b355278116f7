"""Operators' short-lived tokens: signed JSON Web Tokens that name the operator."""

from __future__ import annotations

from datetime import timedelta

import jwt

from ledger.domain.access.errors import CredentialRefused
from ledger.foundation.clock import Clock

_ALGORITHM = "HS256"
_AUDIENCE = "tapledger"


def issue(username: str, secret_key: str, clock: Clock, lifetime: timedelta) -> str:
    """Return a token that proves to be `username` until its lifetime is over."""
    now = clock.now()
    claims = {"sub": username, "aud": _AUDIENCE, "iat": now, "exp": now + lifetime}
    return jwt.encode(claims, secret_key, algorithm=_ALGORITHM)


def read(token: str, secret_key: str, clock: Clock) -> str:
    """Return the operator's name in a token.

    Refuses with CredentialRefused what we did not sign and what has expired.
    """
    required = ["sub", "aud", "iat", "exp"]
    # Expiry is held against our own clock, the one door for time; the library would look at the machine's.
    options = {"require": required, "verify_exp": False, "verify_iat": False}
    try:
        claims = jwt.decode(token, secret_key, algorithms=[_ALGORITHM], audience=_AUDIENCE, options=options)
    except (jwt.InvalidTokenError, UnicodeEncodeError) as error:
        raise CredentialRefused from error
    if claims["exp"] <= clock.now().timestamp():
        raise CredentialRefused
    return claims["sub"]
