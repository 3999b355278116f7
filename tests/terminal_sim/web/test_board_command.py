"""`sim board`: the command that serves the page, its bad input, and who else may speak to it."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from terminal_sim.cli import sim
from tests.terminal_sim.pos_ledger import API_TOKEN

COFFEE = "/terminals/coffee_machine/offline"
STOP_TIMEOUT_S = 60


@dataclass
class Running:
    """A board that was started by its command: its process, where it listens, and its secret."""

    process: subprocess.Popen
    netloc: str
    key: str

    @contextmanager
    def asked(self, method: str, path: str, **headers: str) -> Iterator[http.client.HTTPResponse]:
        """Send a request; a value of "" leaves the header out that a page would have sent."""
        own = {"Cookie": self.cookie, "Origin": f"http://{self.netloc}", "Content-Type": "application/json"}
        sent = {name: value for name, value in (own | headers).items() if value}
        with closing(http.client.HTTPConnection(self.netloc, timeout=STOP_TIMEOUT_S)) as connection:
            connection.request(method, path, "{}" if method == "POST" else None, sent)
            with connection.getresponse() as answer:
                yield answer

    def refusal(self, method: str, path: str, **headers: str) -> tuple[int, str]:
        """Send a request that is refused; returns the status, and why."""
        with self.asked(method, path, **headers) as answer:
            return answer.status, json.loads(answer.read())["error"]

    @property
    def cookie(self) -> str:
        """What the page is let in by."""
        return f"board-{self.netloc.partition(':')[2]}={self.key}"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Run the board's command with one device, on a ledger that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
    command = [sys.executable, "-m", "terminal_sim", "board", "--no-browser", "--json", "--ledger", nowhere]
    command += ["--device", "coffee_machine", "--api-token", f"coffee_machine={API_TOKEN}"]
    command += ["--card", "Eve=04A1B2C3D4E5F6"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = urlsplit(json.loads(process.stdout.readline())["board"])
        yield Running(process, address.netloc, address.query.removeprefix("key="))
    finally:
        process.terminate()
        process.communicate(timeout=STOP_TIMEOUT_S)


def test_the_address_opens_the_page_once_and_the_secret_leaves_it(running):
    with running.asked("GET", f"/?key={running.key}", Cookie="") as opened:
        assert (opened.status, opened.getheader("Location")) == (302, "/")
        assert "HttpOnly" in opened.getheader("Set-Cookie")
        assert "SameSite=Strict" in opened.getheader("Set-Cookie")
    with running.asked("GET", "/") as page:
        assert page.getheader("Content-Security-Policy").startswith("default-src 'self';")
        html = page.read().decode()
    assert "Eve" in html
    assert running.key not in html
    assert "<script>" not in html
    assert " style=" not in html


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Origin": "http://evil.example"}, "own page"),
        ({"Origin": "http://127.0.0.1:1"}, "own page"),
        ({"Origin": "null"}, "own page"),
        ({"Origin": ""}, "own page"),
        ({"Cookie": ""}, "whole address"),
        ({"Cookie": "board=guessed"}, "whole address"),
        ({"Host": "board.example"}, "machine that it runs on"),
    ],
)
def test_no_other_page_can_do_anything_to_a_terminal(running, headers, reason):
    status, said = running.refusal("POST", COFFEE, **headers)
    assert status == 403
    assert reason in said


def test_what_a_terminal_does_not_know_is_refused_in_words(running):
    status, said = running.refusal("POST", "/terminals/coffee_machine/explode")
    assert status == 422
    assert "coffee_machine does not know the action 'explode'" in said
    _, said = running.refusal("POST", "/terminals/kitchen/boot")
    assert said.startswith("no terminal named kitchen is on the board")
    assert "nothing is recorded yet" in running.refusal("GET", "/recording.toml")[1]


def test_the_stream_tells_of_the_ledger_that_is_gone_and_ends_with_the_board(running):
    told = {}
    with running.asked("GET", "/events") as stream:
        while not told.get("ledger") or not told.get("coffee_machine"):
            line = stream.readline()
            if line.startswith(b"data: "):
                told |= json.loads(line.removeprefix(b"data: "))
        assert told["ledger"]["answers"] is False
        assert told["coffee_machine"]["powered"] is True
        running.process.send_signal(signal.SIGTERM)
        assert stream.read().endswith(b"event: end\ndata: {}\n\n")
    assert running.process.wait(STOP_TIMEOUT_S) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ledger", "ftp://books"], "Error: 'ftp://books' is no address of a ledger: http://HOST:PORT"),
        (["--ledger", "http://x", "--api-token", "a=b"], "Error: --api-token: there is no device 'a'"),
        (["--ledger", "http://x", "--card", "Eve"], "Error: --card takes two things with a = between them"),
        (["--ledger", "http://x", "--card", "Eve=04"], "Error: '04' is no token id"),
    ],
)
def test_bad_input_is_one_line(options, said):
    ended = CliRunner().invoke(sim, ["board", "--no-browser", *options])
    assert ended.exit_code == 2
    assert ended.output.startswith(said)
    assert ended.output.count("\n") == 1


def test_a_port_that_somebody_has_is_said_in_one_line():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        ended = CliRunner().invoke(sim, ["board", "--no-browser", "--port", str(port)])
    assert ended.exit_code == 2
    assert ended.output.startswith(f"Error: port {port} cannot be had")
    assert ended.output.count("\n") == 1
