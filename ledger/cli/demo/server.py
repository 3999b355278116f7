"""A ledger of the demo's own, as a process: `tapledger serve` on a free port."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

_SERVE = "from ledger.cli.main import main; main()"


@contextmanager
def running_ledger() -> Iterator[str]:
    """Serve the books of the environment until the block ends; gives the address."""
    command = [sys.executable, "-c", _SERVE, "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline()
        if "listening on " not in said:
            raise click.ClickException("the ledger did not start; its reason stands above")
        yield said.split("listening on ")[1].strip()
    finally:
        process.terminate()
        process.communicate(timeout=30)
