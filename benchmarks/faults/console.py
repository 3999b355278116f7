"""What the scripts share at the console: their options, their progress, and how they conclude."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from benchmarks.faults.shop import DATABASES

MOST_FINDINGS = 20
# How a script says how far it is.
Say = Callable[[str], None]


def options(
    document: str, *, rounds: int, choices: Mapping[str, Sequence[str]] | None = None
) -> argparse.Namespace:
    """Read the options that every script has, and those of this one with what may be chosen."""
    parser = argparse.ArgumentParser(description=document.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=rounds, help="How often (default: %(default)s).")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--seed", type=int, default=1, help="Another one gives other moments.")
    for name, values in (choices or {}).items():
        parser.add_argument(name, choices=values)
    return parser.parse_args()


def progress(said: str) -> None:
    """Say how far it is, in one line that is written over; only to people."""
    if sys.stderr.isatty():
        print(f"\r\033[K{said}", end="", file=sys.stderr, flush=True)


def quiet(_said: str) -> None:
    """Say nothing."""


def conclude(facts: Sequence[str], statuses: Counter, findings: Sequence[str]) -> None:
    """Print what was done and what is wrong; exit status 1 when anything is."""
    progress("")
    print("\n".join(facts))
    if statuses:
        counted = sorted(statuses.items(), key=str)
        print("told: " + ", ".join(f"{count} × {status or 'unanswered'}" for status, count in counted))
    print("\n".join(findings[:MOST_FINDINGS]) or "the books are whole and say what every client was told")
    if findings:
        sys.exit(f"{len(findings)} CONTRADICTIONS")
