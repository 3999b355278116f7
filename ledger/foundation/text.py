"""What counts as text that people may read and every database can keep."""

from __future__ import annotations


def is_text(value: str, longest: int) -> bool:
    """Say whether a value has 1 to `longest` characters, not all blank, none of them NUL or half a character.

    A lone surrogate is valid JSON, yet no database can store it; PostgreSQL refuses NUL.
    """
    return 1 <= len(value) <= longest and bool(value.strip()) and is_storable(value)


def is_storable(value: str) -> bool:
    """Say whether every database can keep this string."""
    try:
        return b"\x00" not in value.encode()
    except UnicodeEncodeError:
        return False
