"""What the devices' firmware costs, on its virtual machine, in virtual time and by counted work.

.venv/bin/python -m benchmarks.firmware [--taps 20] [taps memory updates journal vending bundles]

Virtual time holds the bits of every bus and the waits of the firmware; the processor itself takes none of it.
So the work of the processor is counted: what it asks of buses, flash and network. Nothing was measured on a
board. Exits with 1 when a figure breaks its promise.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks.firmware.bundles import bundles
from benchmarks.firmware.journal import appends
from benchmarks.firmware.memory import live_sets
from benchmarks.firmware.stand import Stand, stand
from benchmarks.firmware.taps import taps_to_requests
from benchmarks.firmware.updates import update
from benchmarks.firmware.vending import answers

# Each prints its figures, and returns whether all of them keep their promise.
FIGURES: dict[str, Callable[[Stand, int], bool]] = {
    "taps": taps_to_requests,
    "memory": lambda stand, _taps: live_sets(stand),
    "updates": lambda stand, _taps: update(stand),
    "journal": lambda stand, _taps: appends(stand),
    "vending": lambda stand, _taps: answers(stand),
    "bundles": lambda _stand, _taps: bundles(),
}


def main() -> None:
    """Print each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}; else all")
    parser.add_argument("--taps", type=int, default=20)
    options = parser.parse_args()
    unknown = set(options.figures) - set(FIGURES)
    if unknown:
        parser.error(f"no figure is named {', '.join(sorted(unknown))}: there are {', '.join(FIGURES)}")
    with stand() as made:
        kept = [FIGURES[name](made, options.taps) for name in options.figures or FIGURES]
    print("every promise is kept" if all(kept) else "A PROMISE IS BROKEN")
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
