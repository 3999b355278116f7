"""A running `tapledger serve` for a test: where it listens, what it answers, what it has logged."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.cli.command import Command

TIMEOUT_S = 60
STOP_TIMEOUT_S = 40


@dataclass
class Serving:
    """A server that is running; after the block its log is there."""

    process: subprocess.Popen
    host: str
    port: int
    log: list[dict] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address to give to a client."""
        return f"http://{self.host}:{self.port}"

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection that is kept alive."""
        return http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> http.client.HTTPResponse:
        """Send one request on a connection of its own; the answer has its text in `said`."""
        connection = self.connect()
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            answer.said = answer.read().decode()
            return answer
        finally:
            connection.close()

    def terminate(self) -> None:
        """Ask the server to stop."""
        self.process.send_signal(signal.SIGTERM)


@contextmanager
def serving(command: Command, *options: str) -> Iterator[Serving]:
    """Run the server with these options until the block ends; it must end well, whatever was done to it."""
    process = command.start("serve", "--port", "0", *options)
    said = process.stdout.readline()
    assert said.startswith("listening on http://"), process.stderr.read()
    host, _, port = said.strip().removeprefix("listening on http://").rpartition(":")
    server = Serving(process, host, int(port))
    try:
        yield server
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=STOP_TIMEOUT_S)
    server.log += [json.loads(line) for line in errors.splitlines()]
    assert process.returncode == 0, errors
