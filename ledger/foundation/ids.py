"""The one door by which randomness enters: public codes, secrets and pairing codes."""

from __future__ import annotations

import string
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from random import Random, SystemRandom

_BASE62 = string.digits + string.ascii_letters
# Digits before small letters: every database and every language sorts these alike.
_SORTED = string.digits + string.ascii_lowercase
_LENGTH = 16
# Enough for the seconds of 2,400 years; what is left is drawn, 53 bits in each second.
_TIME_LENGTH = 7
# No 0/O, 1/I/L: people read these aloud and type them with cold hands.
_LEGIBLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class Ids:
    """Draws codes and secrets; unguessable unless another source of randomness is given."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or SystemRandom()

    def code(self, prefix: str, at: datetime | None = None) -> str:
        """Return a public code such as `wal_K6lIeaZ9H3UZPqxm` (terminal.txt): prefix and 16 of base 62.

        Codes that are made `at` a moment sort behind those of an earlier second, and cannot be guessed
        from them: an index of millions of them grows at its end, and not at as many places.
        """
        if at is None:
            return f"{prefix}_{self._draw(_BASE62, _LENGTH)}"
        return f"{prefix}_{_seconds(int(at.timestamp()))}{self._draw(_BASE62, _LENGTH - _TIME_LENGTH)}"

    def secret(self) -> str:
        """Return a bearer secret of 256 bits, safe in a header."""
        return self._draw(_BASE62, 43)

    def pairing_code(self) -> str:
        """Return eight legible characters (39 bits) for one short-lived pairing."""
        return self._draw(_LEGIBLE, 8)

    def _draw(self, alphabet: str, count: int) -> str:
        # One number of the right size is drawn at once, and then written in the alphabet's digits.
        return _digits(self._random.randrange(len(alphabet) ** count), alphabet, count)


def legible(secret: bytes) -> str:
    """Return ten legible characters (49 bits) that stand for a secret."""
    return _digits(int.from_bytes(secret, "big") % len(_LEGIBLE) ** 10, _LEGIBLE, 10)


@lru_cache(4)
def _seconds(number: int) -> str:
    return _digits(number, _SORTED, _TIME_LENGTH)


def _digits(number: int, alphabet: str, count: int) -> str:
    base, written = len(alphabet), []
    for _ in range(count):
        number, digit = divmod(number, base)
        written.append(alphabet[digit])
    return "".join(reversed(written))


class ScriptedIds(Ids):
    """Hands out the given codes first; a published example keeps its published ids."""

    def __init__(self, codes: Iterable[str]) -> None:
        super().__init__()
        self._codes = list(codes)

    def code(self, prefix: str, at: datetime | None = None) -> str:
        """Return the next scripted code of that prefix, or a drawn one when none is left."""
        for position, code in enumerate(self._codes):
            if code.startswith(f"{prefix}_"):
                return self._codes.pop(position)
        return super().code(prefix, at)
