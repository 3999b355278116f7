"""The server's master process: gunicorn's, which also keeps the writer alive."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.arbiter import Arbiter

from ledger.cli.workplace import Workplace

# A writer that cannot start is not started again at once for ever.
_RESTART_PAUSE_S = 1.0
_STOP_S = 5.0


class WriterArbiter(Arbiter):
    """Starts the writer before the first worker and after each of its deaths; stops it after the last.

    The listening socket is the master's, so that whoever asks while there is no writer waits for the next.
    """

    def __init__(self, app: Any, write: Callable[[socket.socket], None], workplace: Workplace) -> None:
        self._write = write
        self._workplace = workplace
        self._writer_pid: int | None = None
        self._started_at_s = -_RESTART_PAUSE_S
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.writer_address))
        self._listener.listen(128)
        super().__init__(app)

    @property
    def writer_address(self) -> Path:
        """Return where the writer is asked; the folder is this user's alone."""
        return self._workplace.short_path / "writer"

    def leave_listener(self) -> None:
        """Hold the listening socket no longer, as a worker.

        One that did would keep it open when nobody is left to answer at it, and wait there in vain.
        """
        self._listener.close()

    def manage_workers(self) -> None:
        """Keep the writer and the workers alive; the master's loop calls this every second at least."""
        self._keep_writer()
        super().manage_workers()

    def stop(self, graceful: bool = True) -> None:
        """Stop the workers, and then the writer that they ask."""
        super().stop(graceful)
        self._stop_writer()
        self._listener.close()

    def _keep_writer(self) -> None:
        if self._writer_lives():
            return
        if self._writer_pid is not None:
            self.log.error("The writer (pid:%s) has ended; it is started again.", self._writer_pid)
        pause_s = self._started_at_s + _RESTART_PAUSE_S - time.monotonic()
        if pause_s > 0:
            time.sleep(pause_s)
        self._started_at_s = time.monotonic()
        self._writer_pid = os.fork()
        if self._writer_pid == 0:
            self._become_writer()

    def _become_writer(self) -> None:
        # Only the workers may hold the address that people connect to: it is free when they are gone.
        for listener in self.LISTENERS:
            listener.close()
        for worker in self.WORKERS.values():
            worker.tmp.close()
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            self._write(self._listener)
        except Exception:
            self.log.exception("The writer failed.")
            os._exit(1)
        finally:
            sys.stdout.flush()
        os._exit(0)

    def _writer_lives(self) -> bool:
        if self._writer_pid is None:
            return False
        try:
            return os.waitpid(self._writer_pid, os.WNOHANG) == (0, 0)
        except ChildProcessError:
            return False

    def _stop_writer(self) -> None:
        if not self._writer_lives():
            return
        os.kill(self._writer_pid, signal.SIGTERM)
        limit_s = time.monotonic() + _STOP_S
        while self._writer_lives():
            if time.monotonic() > limit_s:
                os.kill(self._writer_pid, signal.SIGKILL)
            time.sleep(0.02)
        self._writer_pid = None
