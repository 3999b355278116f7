"""Shows on a terminal how far a long piece of work has come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ledger.foundation.progress import Progress, quietly


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give what draws a bar on standard error; nothing is drawn where no person watches, or with --json."""
    watched = sys.stderr.isatty() and not click.get_current_context().params.get("as_json")
    bars: dict[str, click.progressbar] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = click.progressbar(length=total, label=what, file=sys.stderr)
        bars[what].update(done - bars[what].pos)
        if done >= total:
            bars[what].render_finish()

    yield show if watched else quietly
