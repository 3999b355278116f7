"""How a long piece of work tells how far it has come."""

from __future__ import annotations

from collections.abc import Callable

# What is being done, how much of it is done, how much there is in all; the unit is the work's own.
Progress = Callable[[str, int, int], None]


def quietly(what: str, done: int, total: int) -> None:
    """Tell nobody."""
