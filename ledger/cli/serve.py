"""`tapledger serve`: the ledger under gunicorn."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from ledger.app import create_app
from ledger.cli.arbiter import WriterArbiter
from ledger.cli.context import open_ledger
from ledger.storage.database import CONNECTIONS
from ledger.writer.process import Writer

# A terminal keeps its connection between two customers: a new one costs it a handshake.
KEEP_ALIVE_S = 75
GRACEFUL_STOP_S = 5
WRITER_NAME = "tapl-writer"


class Server(BaseApplication):
    """gunicorn with the ledger's settings; each worker makes its own application after the fork."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()
        self.arbiter = WriterArbiter(self, write)

    def run(self) -> None:
        """Serve until told to stop."""
        self.arbiter.run()

    def load_config(self) -> None:
        """Hand our options to gunicorn."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application of one worker."""
        return create_app(writer_address=self.arbiter.writer_address)


def write(listener: socket.socket) -> None:
    """Be the writer of this server's books; `ps` and `top` on Linux tell it from the workers by name."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(WRITER_NAME)
    ledger = open_ledger()
    writer = Writer(ledger.runner, listener)
    signal.signal(signal.SIGTERM, lambda *_: writer.stop())
    # Ctrl-C reaches every process of a terminal; the master decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    writer.serve()
    ledger.database.close()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the ledger over HTTP until it is told to stop; says where it is listening."""
    # What is wrong is said here, in one line, and not by the server or by each of its workers; none of
    # them inherits a connection.
    open_ledger().database.close()
    _require_free(host, port)
    Server(
        {
            "bind": f"{host}:{port}",
            "workers": workers,
            "worker_class": "ledger.cli.worker.BoundedThreadWorker",
            "threads": CONNECTIONS,
            "keepalive": KEEP_ALIVE_S,
            "graceful_timeout": GRACEFUL_STOP_S,
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": _announce,
        }
    ).run()


def _require_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=_family(host)).close()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.getaddrinfo(host, None)[0][0]


def _announce(arbiter: Any) -> None:
    host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
    shown_host = f"[{host}]" if ":" in host else host
    click.echo(f"listening on http://{shown_host}:{port}")
