"""Real gunicorn processes over a test's ledger, on a port that the system chose."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.service import Ledger

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10
GUNICORN = ("-m", "gunicorn", "wsgi:app", "--bind", "127.0.0.1:0", "--worker-class", "gthread")
OPTIONS = ("--threads", "8", "--graceful-timeout", "2", "--no-control-socket", "--log-level", "info")
LISTENING = re.compile(r"Listening at: (http://127\.0\.0\.1:\d+)")
WORKER = re.compile(r"Booting worker with pid: (\d+)")


class Server:
    """A running gunicorn: where it listens, what it has logged, and which workers it has booted."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return self._found(LISTENING)[0]

    @property
    def workers(self) -> list[int]:
        """Return the process ids of all workers booted so far, oldest first."""
        return [int(pid) for pid in self._found(WORKER)]

    def wait_until_serving(self, workers: int) -> None:
        """Wait until it listens and so many workers have booted in all."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while len(self.workers) < workers or not self._found(LISTENING):
            said = "".join(self.log)
            assert self.process.poll() is None, f"gunicorn has ended:\n{said}"
            assert time.monotonic() < deadline, f"gunicorn does not start:\n{said}"
            time.sleep(0.02)

    def kill_worker(self, pid: int) -> None:
        """End one worker as a power cut would: it can finish nothing and close nothing."""
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
        self.process.stderr.close()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.log.append(line)

    def _found(self, pattern: re.Pattern) -> list[str]:
        return pattern.findall("".join(self.log))


@contextmanager
def served(ledger: Ledger, *, workers: int = 2) -> Iterator[Server]:
    """Serve the ledger's books by `gunicorn wsgi:app` until the end."""
    environment = {
        **os.environ,
        "TAPLEDGER_DATABASE_URL": ledger.settings.database_url.render_as_string(hide_password=False),
        "TAPLEDGER_SECRET_KEY": ledger.settings.secret_key,
    }
    process = subprocess.Popen(
        [sys.executable, *GUNICORN, *OPTIONS, "--workers", str(workers)],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    server = Server(process)
    try:
        server.wait_until_serving(workers)
        yield server
    finally:
        server.stop()
