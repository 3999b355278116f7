"""The plan by which the firmware is copied to a board with mpremote."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from ledger.bundles.sources import modules

# Made by the device or by a person, and worth money: no plan ever names them.
KEPT = ("config.json", "ca.der", "state")
# Runs on the device. What the cable brings is what has to run, whatever came over the air before.
_MAKE_FOLDERS = "import os\nfor f in {folders!r}:\n try:\n  os.mkdir(f)\n except OSError:\n  pass"
_LEAVE_SLOTS = "import os\ntry:\n os.remove('/boot.sel')\nexcept OSError:\n pass"


@dataclass(frozen=True)
class Plan:
    """What is copied where, and the one command that does it; `copies` are (from here, to there)."""

    copies: tuple[tuple[str, str], ...]
    command: tuple[str, ...]


def deployment(source: Path, port: str, public_key: Path | None = None) -> Plan:
    """Plan the copy of the sources, as they are, to the board at a serial port; refuses with SourcesUnusable.

    The copied program runs at the next start, also on a device that ran from a slot.
    """
    copies = [(str(source / path), f":/{path}") for path in modules(source)]
    if public_key is not None:
        copies.append((str(public_key), ":/update_key.json"))
    folders = sorted({target[2:].rpartition("/")[0] for _, target in copies} - {""})
    words = ["connect", port, "exec", _MAKE_FOLDERS.format(folders=folders)]
    for here, there in copies:
        words += ["+", "fs", "cp", here, there]
    words += ["+", "exec", _LEAVE_SLOTS, "+", "reset"]
    return Plan(tuple(copies), (sys.executable, "-m", "mpremote", *words))
