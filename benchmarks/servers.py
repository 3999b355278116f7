"""Starts the servers that are measured, under the same gunicorn settings; and what processes have cost."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.cli.serve import KEEP_ALIVE_S

# What it is fastest with: a bare route has nothing to wait for.
THREADS = 32
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


@contextmanager
def bare_server(workers: int) -> Iterator[tuple[int, int]]:
    """Serve the bare route; gives its port and its master's process id."""
    settings = ["--worker-class", "gthread", "--threads", str(THREADS)]
    settings += ["--workers", str(workers), "--keep-alive", str(KEEP_ALIVE_S), "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", "benchmarks.bare:app", "--bind", "127.0.0.1:0", *settings]
    with _running(command) as found:
        yield found


@contextmanager
def ledger_server(workers: int) -> Iterator[tuple[int, int]]:
    """Serve the ledger of the settings; gives its port and its master's process id."""
    serve = "from ledger.cli.serve import serve; serve()"
    command = [sys.executable, "-c", serve, "--port", "0", "--workers", str(workers)]
    with _running(command) as found:
        yield found


def memory_kib(master: int) -> int:
    """Return what a master and its children hold in memory; shared pages are split among them."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return sum(_resident_kib(pid) for pid in (str(master), *children))


def _resident_kib(pid: str) -> int:
    status = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss: +(\d+) kB", status, re.MULTILINE)[1])


def cpu_ns(pid: int) -> int:
    """Return how long a process of this machine has been on a CPU."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def peak_kib(pid: int) -> int:
    """Return how much memory a process of this machine has had at most, what it shares included."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1])


@contextmanager
def _running(command: list[str]) -> Iterator[tuple[int, int]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield _port(process), process.pid
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _port(process: subprocess.Popen) -> int:
    for line in process.stdout:
        found = _ADDRESS.search(line)
        if found:
            return int(found.group(1))
    raise RuntimeError("the server ended before it was listening")
