"""A real `tapledger serve` that faults happen to, and its processes by what they are."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.cli.serve import WRITER_NAME

ROOT = Path(__file__).parents[2]
_TWISTS = Path(__file__).parent / "twists"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
MOST_SAID_BYTES = 10_000_000
# How long the children of a killed master may go on before they notice that they are orphans.
ORPHANS_TIMEOUT_S = 30
_SERVE = "from ledger.cli.main import main; main()"
_ADDRESS = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
# The state of a listening socket in /proc/net/tcp.
_LISTEN = "0A"
MASTER, WORKER, WRITER, OTHER = "master", "worker", "writer", "other"


class Server:
    """One master and its children; `port` is where they listen."""

    def __init__(
        self, environment: Mapping[str, str], workers: int = 2, prefix: tuple[str, ...] = ()
    ) -> None:
        self._said = ""
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (it lives as long as the server)
        command = [*prefix, sys.executable, "-c", _SERVE, "serve", "--port", "0", "--workers", str(workers)]
        said_at_once = {**environment, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=said_at_once, stdout=self._log, stderr=subprocess.STDOUT
        )
        self.port = self._wait_for_port()

    @property
    def log(self) -> str:
        """Return what the server has said so far."""
        # A position of our own: the server writes through the same one.
        return self._said or os.pread(self._log.fileno(), MOST_SAID_BYTES, 0).decode()

    def children(self) -> dict[int, str]:
        """Return every process below the master by its id: worker, the writer, or another child."""
        told = _command_line(self.process.pid)
        found = {}
        for pid in _descendants(self.process.pid):
            is_worker = _listens(pid, self.port) and _command_line(pid) == told
            found[pid] = WRITER if _name(pid) == WRITER_NAME else WORKER if is_worker else OTHER
        return found

    def processes(self) -> dict[int, str]:
        """Return every process of the server by its id, and what it is."""
        return {self.process.pid: MASTER, **self.children()}

    def kill_master(self) -> list[int]:
        """End the master at once; returns the orphans that it leaves."""
        orphans = list(self.children())
        self.process.kill()
        self._wait(STOP_TIMEOUT_S)
        return orphans

    def stop(self) -> int:
        """Tell the server to stop and return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._wait(STOP_TIMEOUT_S)
        if self.process.poll() is None:
            for pid in self.kill_master():
                kill(pid)
        return self.process.returncode

    def _wait(self, timeout_s: float) -> None:
        self.process.wait(timeout_s)
        self._said = self.log
        self._log.close()

    def _wait_for_port(self) -> int:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (found := _ADDRESS.search(self.log)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(f"the server does not start:\n{self.log}")
            time.sleep(0.02)
        return int(found.group(1))


def twisted(environment: Mapping[str, str], **twists: str) -> dict[str, str]:
    """Return an environment in which every Python process is twisted (see `twists`)."""
    paths = (str(_TWISTS), environment.get("PYTHONPATH", ""))
    return {**environment, **twists, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@contextmanager
def serving(
    environment: Mapping[str, str], *, workers: int = 2, prefix: tuple[str, ...] = ()
) -> Iterator[Server]:
    """Serve until the end; `prefix` is a command that the server is started under."""
    server = Server(environment, workers, prefix)
    try:
        yield server
    finally:
        server.stop()


def kill(pid: int) -> None:
    """End a process at once, if it still is there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for_end(pids: list[int], timeout_s: float = ORPHANS_TIMEOUT_S) -> float:
    """Wait until none of these processes is left; returns after how many seconds, or raises TimeoutError."""
    started = time.monotonic()
    while any(map(_is_running, pids)):
        if time.monotonic() > started + timeout_s:
            raise TimeoutError(f"still running after {timeout_s} s: {list(filter(_is_running, pids))}")
        time.sleep(0.02)
    return time.monotonic() - started


def _descendants(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            parents[int(entry.name)] = int(stat[1])
    below, found = [pid], []
    while below:
        parent = below.pop()
        born = [child for child, its_parent in parents.items() if its_parent == parent]
        found += born
        below += born
    return [child for child in found if _is_running(child)]


def _stat(pid: int) -> list[str]:
    # The name in parentheses may hold anything: state and parent come behind the last one.
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _is_running(pid: int) -> bool:
    stat = _stat(pid)
    return bool(stat) and stat[0] != "Z"


def _command_line(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def _listens(pid: int, port: int) -> bool:
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == _LISTEN}
    return not sockets.isdisjoint(_open_files(pid))


def _open_files(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield str(handle.readlink())
