"""Starts the servers that are measured, both under the same gunicorn settings, each on a free port."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.cli.serve import KEEP_ALIVE_S
from ledger.storage.database import CONNECTIONS

_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


@contextmanager
def bare_server(workers: int) -> Iterator[int]:
    """Serve the bare route; gives its port."""
    settings = ["--worker-class", "gthread", "--threads", str(CONNECTIONS)]
    settings += ["--workers", str(workers), "--keep-alive", str(KEEP_ALIVE_S), "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", "benchmarks.bare:app", "--bind", "127.0.0.1:0", *settings]
    with _running(command) as port:
        yield port


@contextmanager
def ledger_server(workers: int) -> Iterator[int]:
    """Serve the ledger of the settings; gives its port."""
    serve = "from ledger.cli.serve import serve; serve()"
    command = [sys.executable, "-c", serve, "--port", "0", "--workers", str(workers)]
    with _running(command) as port:
        yield port


@contextmanager
def _running(command: list[str]) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield _port(process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _port(process: subprocess.Popen) -> int:
    for line in process.stdout:
        found = _ADDRESS.search(line)
        if found:
            return int(found.group(1))
    raise RuntimeError("the server ended before it was listening")
