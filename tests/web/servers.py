"""Real servers over a test's ledger, on a port that the system chose."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.cli.serve import WRITER_NAME
from ledger.service import Ledger

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
_HASTY = "import ledger.cli.worker as worker; worker.REQUEST_DEADLINE_S = worker.ANSWER_DEADLINE_S = 1"
_SERVE = "from ledger.cli.serve import serve; serve()"
# Our own command with its writer, the same with no patience for slow senders, and any gunicorn that serves
# `wsgi:app` and books in its workers.
DOORS = {
    "serve": ("-u", "-c", _SERVE, "--port", "0"),
    "hasty": ("-u", "-c", f"{_HASTY}; {_SERVE}", "--port", "0"),
    "wsgi": (
        *("-m", "gunicorn", "wsgi:app", "--bind", "127.0.0.1:0", "--worker-class", "gthread"),
        *("--threads", "8", "--graceful-timeout", "2", "--no-control-socket", "--log-level", "info"),
    ),
}
LISTENING = re.compile(r"istening (?:on|at:?) (http://127\.0\.0\.1:\d+)")


class Server:
    """A running server: where it listens, what it has said, its workers and its writer."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.log: list[str] = []
        self._booted: list[int] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return self._found(LISTENING)[0]

    @property
    def workers(self) -> list[int]:
        """Return the process ids of all workers booted so far, oldest first."""
        for pid, name in self._children():
            if name != WRITER_NAME and pid not in self._booted:
                self._booted.append(pid)
        return list(self._booted)

    @property
    def writer(self) -> int | None:
        """Return the process id of the writer that lives now."""
        return next((pid for pid, name in self._children() if name == WRITER_NAME), None)

    def wait_until_serving(self, workers: int) -> None:
        """Wait until it listens and so many workers have booted in all."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while len(self.workers) < workers or not self._found(LISTENING):
            said = "".join(self.log)
            assert self.process.poll() is None, f"gunicorn has ended:\n{said}"
            assert time.monotonic() < deadline, f"gunicorn does not start:\n{said}"
            time.sleep(0.02)

    def kill(self, pid: int) -> None:
        """End one process as a power cut would: it can finish nothing and close nothing."""
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the server by its own process id."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(STOP_TIMEOUT_S)
        self.process.stdout.close()

    def _children(self) -> list[tuple[int, str]]:
        master = self.process.pid
        with suppress(OSError):
            pids = Path(f"/proc/{master}/task/{master}/children").read_text().split()
            return [(int(pid), Path(f"/proc/{pid}/comm").read_text().strip()) for pid in pids]
        return []

    def _read(self) -> None:
        for line in self.process.stdout:
            self.log.append(line)

    def _found(self, pattern: re.Pattern) -> list[str]:
        return pattern.findall("".join(self.log))


@contextmanager
def served(ledger: Ledger, *, workers: int = 2, door: str = "serve") -> Iterator[Server]:
    """Serve the ledger's books until the end."""
    environment = {
        **os.environ,
        "TAPLEDGER_DATABASE_URL": ledger.settings.database_url.render_as_string(hide_password=False),
        "TAPLEDGER_SECRET_KEY": ledger.settings.secret_key,
    }
    process = subprocess.Popen(
        [sys.executable, *DOORS[door], "--workers", str(workers)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = Server(process)
    try:
        server.wait_until_serving(workers)
        yield server
    finally:
        server.stop()
