"""Devices that run small programs, and an HTTP server that answers as it is told."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from terminal_sim import Bench
from terminal_sim.device import Device
from tests.terminal_sim import pos_ledger


@pytest.fixture
def make_device():
    """Return a maker of devices; each boots the program it is given as main.py."""
    devices = []

    def make(program: str, *, boots: bool = True, **options) -> Device:
        device = Device(f"device-{len(devices)}", **options)
        devices.append(device)
        device.files().write("/main.py", program.encode())
        if boots:
            device.boot()
        return device

    yield make
    for device in devices:
        device.close()


@pytest.fixture
def run_for():
    """Return a function that lets seconds pass on a device."""

    def run(device: Device, seconds: float) -> None:
        until_us = device.timeline.now_us() + int(seconds * 1_000_000)
        while device.timeline.now_us() < until_us:
            device.advance(until_us)

    return run


class EchoServer(ThreadingHTTPServer):
    """Answers every request with what it was, and remembers it; keeps connections alive."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _EchoHandler)
        self.seen: list[tuple[str, str, str]] = []
        self.connections: list = []
        self.gate = threading.Event()
        self.gate.set()

    def drop_idle_connections(self) -> None:
        """Close every connection, as a server does that restarts."""
        for connection in self.connections:
            self.shutdown_request(connection)
        self.connections.clear()

    def process_request(self, request, client_address) -> None:
        """Remember the connection, then serve it."""
        self.connections.append(request)
        super().process_request(request, client_address)


class _EchoHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        self.server.seen.append((self.command, self.path, body))
        self.server.gate.wait(30)
        answer = json.dumps({"method": self.command, "path": self.path, "body": body}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, *_) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def echo():
    """Return a running EchoServer; its port is `echo.server_address[1]`."""
    server = EchoServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.gate.set()
    server.shutdown()
    thread.join()
    server.drop_idle_connections()
    server.server_close()


@pytest.fixture
def ledger():
    """Return a running PosLedger."""
    server, thread = pos_ledger.serve()
    yield server
    pos_ledger.stop(server, thread)


@pytest.fixture
def bench():
    """Return a bench in virtual time."""
    with Bench() as each:
        yield each


@pytest.fixture
def coffee(bench, ledger):
    """Return a coffee machine that stands there, ready to sell."""
    machine = bench.terminal(
        device="coffee_machine",
        ledger_url=ledger.url,
        api_token=pos_ledger.API_TOKEN,
        name="coffee",
        buttons=["espresso", "cappuccino"],
    )
    machine.wait_display("Choose a drink")
    return machine
