"""The one door by which randomness enters: public codes, secrets and pairing codes."""

from __future__ import annotations

import string
from collections.abc import Iterable
from random import Random, SystemRandom

_BASE62 = string.digits + string.ascii_letters
# No 0/O, 1/I/L: people read these aloud and type them with cold hands.
_LEGIBLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class Ids:
    """Draws codes and secrets; unguessable unless another source of randomness is given."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or SystemRandom()

    def code(self, prefix: str) -> str:
        """Return a public code such as `wal_K6lIeaZ9H3UZPqxm` (terminal.txt): prefix and 16 of base 62."""
        return f"{prefix}_{self._draw(_BASE62, 16)}"

    def secret(self) -> str:
        """Return a bearer secret of 256 bits, safe in a header."""
        return self._draw(_BASE62, 43)

    def pairing_code(self) -> str:
        """Return eight legible characters (39 bits) for one short-lived pairing."""
        return self._draw(_LEGIBLE, 8)

    def _draw(self, alphabet: str, count: int) -> str:
        # One number of the right size is drawn at once, and then written in the alphabet's digits.
        number, base, drawn = self._random.randrange(len(alphabet) ** count), len(alphabet), []
        for _ in range(count):
            number, digit = divmod(number, base)
            drawn.append(alphabet[digit])
        return "".join(drawn)


class ScriptedIds(Ids):
    """Hands out the given codes first; a published example keeps its published ids."""

    def __init__(self, codes: Iterable[str]) -> None:
        super().__init__()
        self._codes = list(codes)

    def code(self, prefix: str) -> str:
        """Return the next scripted code of that prefix, or a drawn one when none is left."""
        for position, code in enumerate(self._codes):
            if code.startswith(f"{prefix}_"):
                return self._codes.pop(position)
        return super().code(prefix)
