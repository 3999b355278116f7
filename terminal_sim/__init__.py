"""The simulator: Tapledger's real firmware on a laptop, speaking HTTP to a ledger."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# What tests of other people may rely on; README.md says what it promises.
_HOMES = {
    "BadAction": "terminal_sim.values",
    "BadStory": "terminal_sim.scenarios.story",
    "Bench": "terminal_sim.bench",
    "Machine": "terminal_sim.machine",
    "NotSeen": "terminal_sim.expectations",
    "VirtualPrinter": "terminal_sim.printer",
    "perform": "terminal_sim.actions",
    "play": "terminal_sim.scenarios.runner",
    "read_story": "terminal_sim.scenarios.story",
    "write_story": "terminal_sim.scenarios.writing",
}
__all__ = [*_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    # Looked up late, so that a chip model can be used without the flash library of the whole simulator.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
