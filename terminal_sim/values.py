"""What an action or an expectation takes, and how it refuses anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# What kinds of value are called where people write them.
KIND_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", dict: "a table"}


class BadAction(ValueError):
    """There is no such action, or not with such a value; the message is one clear line."""


def check_value(
    name: str,
    value: Any,
    kinds: tuple[type, ...],
    takes: str = "",
    allows: Callable[[Any], bool] = lambda _value: True,
) -> None:
    """Refuse a value of another kind, or one that is not allowed; `takes` says what would be."""
    is_of_a_kind = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if not is_of_a_kind or not allows(value):
        raise BadAction(f"{name} takes {takes or words_of(kinds)}, not {value!r}")


def words_of(kinds: tuple[type, ...]) -> str:
    """Say for people what kinds of value these are."""
    return " or ".join(KIND_WORDS[kind] for kind in kinds)
