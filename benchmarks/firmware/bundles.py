"""The bundles that go over the air: how large each board's is."""

from __future__ import annotations

from benchmarks.firmware.promises import shown
from ledger.bundles.build import build
from ledger.bundles.sources import CHECKOUT, boards
from ledger.foundation.progress import quietly

MOST_BYTES = 120 * 1024


def bundles() -> bool:
    """Print the bytes of the .mpy files for each board; returns whether all keep the promise."""
    print("the .mpy bundle of each board")
    made = {board: build(CHECKOUT, board, quietly).contents for board in boards(CHECKOUT)}
    sizes = {board: sum(len(content) for content in contents.values()) for board, contents in made.items()}
    kept = [shown(board, size, "B", MOST_BYTES) for board, size in sizes.items()]
    return all(kept)
