"""The simulator: Tapledger's real firmware on a laptop, speaking HTTP to a ledger."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {"Bench": "terminal_sim.bench", "Machine": "terminal_sim.machine", "NotSeen": "terminal_sim.machine"}
__all__ = ["Bench", "Machine", "NotSeen"]  # noqa: F822


def __getattr__(name: str) -> Any:
    # Looked up late, so that a chip model can be used without the flash library of the whole simulator.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
