"""The folder of the demo: one demo at a time has it, and begins it with no books."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

FOLDER = Path("var/demo")


@contextmanager
def own_folder() -> Iterator[Path]:
    """Have the folder until the block ends; refuses while another demo has it, and touches nothing then."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    # The lock goes with its process, however that ends; the file stays, or two demos could lock two files.
    with open(FOLDER / "lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(f"a demo runs here already{_whose(lock)}: end it first") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        for old in FOLDER.glob("books.db*"):
            old.unlink()
        yield FOLDER


def _whose(lock) -> str:
    lock.seek(0)
    process_id = lock.read()
    return f" (process {process_id})" if process_id else ""
