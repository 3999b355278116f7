"""Cuts the power of devices at random: nothing is lost, nothing is doubled, and they always start again.

.venv/bin/python -m benchmarks.power_cuts [--cuts 1000] [--seed 1] [--jobs 2] [--scene vend]

The real firmware on its virtual machine and its flash, in virtual time, against a real ledger: purchases,
sales without a connection, vends, coins that fall, journals that are settled, and updates. After every cut
the device starts, settles, and is compared with what the books say. A hundred cuts make a street with a seed,
a ledger and devices of its own, so that what was unfair there can be repeated alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from benchmarks.faults.console import progress
from benchmarks.power_cuts.streets import walk_all
from benchmarks.power_cuts.walk import SCENES, Came

CUTS_OF_A_STREET = 100
# Where nobody looks on, a line now and then will do.
LOG_EVERY_S = 60


def main() -> None:
    """Cut, compare, and print what came of it."""
    options = _options()
    began = time.monotonic()
    counts = _counts(options.cuts)
    log_again = began + LOG_EVERY_S

    def told(done: int) -> None:
        nonlocal log_again
        said = _how_far(done, options.cuts, time.monotonic() - began)
        progress(said)
        if time.monotonic() >= log_again and not sys.stderr.isatty():
            print(said, file=sys.stderr, flush=True)
            log_again += LOG_EVERY_S

    scenes = tuple(options.scene or SCENES)
    walks = [(options.seed + number, cuts, scenes) for number, cuts in enumerate(counts)]
    came = walk_all(walks, options.jobs, told)
    progress("")
    _print(came, time.monotonic() - began)
    _conclude(came, counts, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cuts", type=int, default=1000, help="How often (default: %(default)s).")
    parser.add_argument("--seed", type=int, default=1, help="The first street's; the next one has the next.")
    parser.add_argument("--jobs", type=int, default=2, help="Streets at once (default: %(default)s).")
    parser.add_argument("--scene", action="append", choices=tuple(SCENES), help="Only this; may be repeated.")
    options = parser.parse_args()
    if min(options.cuts, options.jobs) < 1:
        parser.error("--cuts and --jobs are at least 1")
    return options


def _counts(cuts: int) -> list[int]:
    """Return how many cuts each street has."""
    whole, rest = divmod(cuts, CUTS_OF_A_STREET)
    return [CUTS_OF_A_STREET] * whole + [rest] * (rest > 0)


def _how_far(done: int, cuts: int, seconds: float) -> str:
    if not done:
        return f"0 of {cuts} cuts"
    left_s = max(0, cuts - done) * seconds / done
    return f"{done} of {cuts} cuts, about {left_s / 60:.0f} min left"


def _print(came: list[Came], seconds: float) -> None:
    outcomes, cuts = (sum((getattr(each, name) for each in came), Counter()) for name in ("outcomes", "cuts"))
    for (scene, outcome), count in sorted(outcomes.items()):
        print(f"{scene:>14}  {count:5} × {outcome}")
    for what, count in cuts.most_common():
        print(f"{count:6} cuts {what}")
    print(f"{cuts.total()} cuts of {len(came)} streets in {seconds / 60:.1f} min")


def _conclude(came: list[Came], counts: list[int], options: argparse.Namespace) -> None:
    scenes = "".join(f" --scene {name}" for name in options.scene or ())
    for each, cuts in zip(came, counts, strict=True):
        if each.unfair:
            again = f"python -m benchmarks.power_cuts --seed {each.seed} --cuts {cuts} --jobs 1{scenes}"
            print(f"\nUNFAIR: {each.unfair}\nrepeat it: {again}")
    unfair = sum(bool(each.unfair) for each in came)
    if unfair:
        sys.exit(f"{unfair} of {len(came)} streets are UNFAIR")
    print("nothing lost, nothing doubled, every device started again; the books are whole")


if __name__ == "__main__":
    main()
