"""A folder to play in: one demo, or one sandbox, at a time has it, and begins it with no books."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

FOLDER = Path("var/demo")


@contextmanager
def own_folder(folder: Path = FOLDER, whose: str = "a demo") -> Iterator[Path]:
    """Have the folder until the block ends; refuses while another one has it, and touches nothing then."""
    folder.mkdir(parents=True, exist_ok=True)
    # The lock goes with its process, however that ends; the file stays, or two demos could lock two files.
    with open(folder / "lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(f"{whose} runs here already{_process(lock)}: end it first") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        for old in folder.glob("books.db*"):
            old.unlink()
        yield folder


def _process(lock) -> str:
    lock.seek(0)
    process_id = lock.read()
    return f" (process {process_id})" if process_id else ""
