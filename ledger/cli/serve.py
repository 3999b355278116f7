"""`tapledger serve`: the ledger under gunicorn."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from ledger.cli import worker
from ledger.cli.arbiter import WriterArbiter
from ledger.cli.context import open_ledger
from ledger.cli.workplace import Workplace, workplace
from ledger.domain.access.signing_in import is_set_up, set_up_code
from ledger.foundation.logs import log_to_stderr
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import BUSY_TIMEOUT_MS, open_database
from ledger.writer.process import Writer

# A terminal keeps its connection between two customers: a new one costs it a handshake.
KEEP_ALIVE_S = 75
# Whoever has begun is let finish: a request may take so long to arrive, and then wait for its turn to write.
GRACEFUL_STOP_S = worker.REQUEST_DEADLINE_S + BUSY_TIMEOUT_MS // 1000 + 5
WRITER_NAME = "tapl-writer"
_FIGURES = "PROMETHEUS_MULTIPROC_DIR"


class Server(BaseApplication):
    """gunicorn with the ledger's settings; each worker makes its own application after the fork."""

    def __init__(self, make_app: Callable[[], Any], options: dict[str, Any], place: Workplace) -> None:
        self.make_app = make_app
        self.options = options
        super().__init__()
        self.arbiter = WriterArbiter(self, write, place)

    def run(self) -> None:
        """Serve until told to stop."""
        self.arbiter.run()

    def load_config(self) -> None:
        """Hand our options to gunicorn."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application of one worker."""
        return self.make_app(writer_address=self.arbiter.writer_address)


def write(listener: socket.socket) -> None:
    """Be the writer of this server's books; `ps` and `top` on Linux tell it from the workers by name."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(WRITER_NAME)
    # Imported here only, as the application is: the figures are files by now.
    from ledger.instruments import QUEUE_DEPTH

    # Whether the schema fits, the workers say; a database that is away comes back to a writer that is there.
    settings = Settings.from_environment()
    ledger = Ledger(open_database(settings.database_url), settings)
    writer = Writer(ledger.runner, listener, tell_depth=QUEUE_DEPTH.set)
    signal.signal(signal.SIGTERM, lambda *_: writer.stop())
    # Ctrl-C reaches every process of a terminal; the master decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    writer.serve()
    ledger.database.close()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option(
    "--log-level",
    default="warning",
    show_default=True,
    type=click.Choice(["info", "warning", "error"]),
    help="info: a line for each request.",
)
def serve(host: str, port: int, workers: int, log_level: str) -> None:
    """Serve the ledger over HTTP until it is told to stop; says where it is listening.

    The log goes to standard error, a JSON object a line. SIGTERM ends it in good order: requests
    under way are answered, new connections are refused.
    """
    # What is wrong is said here, in one line, and not by the server or by each of its workers; none of
    # them inherits a connection.
    code = _code_for_set_up()
    _require_free(host, port)
    log_to_stderr(log_level)
    with _shared_workplace() as place:
        # Imported here only: the figures are shared by processes if the folder stands when they are made.
        from ledger.app import create_front

        options = _options(host, port, workers, log_level)
        options["when_ready"] = lambda arbiter: _announce(arbiter, code)
        Server(create_front, options, place).run()


def _options(host: str, port: int, workers: int, log_level: str) -> dict[str, Any]:
    return {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": "ledger.cli.worker.LoopWorker",
        "keepalive": KEEP_ALIVE_S,
        "graceful_timeout": GRACEFUL_STOP_S,
        "loglevel": log_level,
        "logger_class": "ledger.cli.worker.JsonLogger",
        # No header of a request changes where it is routed or by which scheme: whom a proxy has heard is
        # decided by the settings, in `web.origin`, and nothing else of it is needed.
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "control_socket_disable": True,
        "post_fork": lambda arbiter, _worker: arbiter.leave_listener(),
        "child_exit": _forget_worker,
    }


@contextmanager
def _shared_workplace() -> Iterator[Workplace]:
    """Give the server's processes a folder, and in it one in which the workers' figures are added up."""
    with ExitStack() as stack:
        try:
            place = stack.enter_context(workplace())
            figures = place.path / "figures"
            figures.mkdir()
        except OSError as error:
            wanted = "a folder for temporary files that may be written; TMPDIR says where"
            raise click.ClickException(f"the server needs {wanted}: {error.strerror or error}") from error
        os.environ[_FIGURES] = str(figures)
        stack.callback(os.environ.pop, _FIGURES)
        yield place


def _forget_worker(_arbiter: Any, ended: Any) -> None:
    # What it counted stays; what it was doing at its end is over.
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(ended.pid)


def _require_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=_family(host)).close()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.getaddrinfo(host, None)[0][0]


def _code_for_set_up() -> str | None:
    """Return what the set-up page asks for while nobody can sign in; refuses with SchemaOutdated."""
    ledger = open_ledger()
    code = None if ledger.read(is_set_up) else set_up_code(ledger.settings.secret_key)
    ledger.database.close()
    return code


def _announce(arbiter: Any, code: str | None) -> None:
    host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
    shown_host = f"[{host}]" if ":" in host else host
    said = [f"listening on http://{shown_host}:{port}"]
    if code is not None:
        page = f"http://{shown_host}:{port}/set-up"
        said.append(f"nobody can sign in yet: {page} asks for the code {code}")
    click.echo("\n".join(said))
