"""The firmware built as somebody who has changed it would build it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from ledger.bundles.build import build
from ledger.bundles.bundle import Bundle
from ledger.bundles.sources import CHECKOUT
from ledger.foundation.progress import quietly


def changed_firmware(folder: Path, version: str, changes: Mapping[str, str] | None = None) -> Path:
    """Copy the firmware's sources, with another version and some files changed."""
    copied = folder / f"firmware-{version}"
    shutil.copytree(CHECKOUT, copied, ignore=shutil.ignore_patterns("__pycache__"))
    texts = {"system/version.py": f'"""The version."""\n\nVERSION = "{version}"\n', **(changes or {})}
    for path, text in texts.items():
        (copied / path).write_text(text)
    return copied


def built(
    folder: Path, version: str, changes: Mapping[str, str] | None = None, board: str = "simulator"
) -> Bundle:
    """Build the firmware with another version and some files changed."""
    return build(changed_firmware(folder, version, changes), board, quietly)
