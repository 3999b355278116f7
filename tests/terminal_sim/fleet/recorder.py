"""A ledger that keeps the rules of the terminal dialect, and each request as it came, byte for byte."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer

from terminal_sim.parts.http_wire import split_request
from tests.terminal_sim.chips.microcontroller import make_firmware_importable

make_firmware_importable()

from tests.firmware.ledgers import LedgerInMemory  # noqa: E402


class Recorder(ThreadingTCPServer):
    """Serves a LedgerInMemory; `raw` has the requests in their order, `connections` counts who connected."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ledger = LedgerInMemory(products={"espresso": 120, "cappuccino": 180})
        self.raw: list[bytes] = []
        self.connections = 0
        self.guard = threading.Lock()

    @property
    def url(self) -> str:
        """The address to give to a terminal."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        """Return method and path of each request."""
        return [" ".join(raw.decode().split(" ")[:2]) for raw in self.raw]

    def answer(self, request) -> bytes:
        """Answer one request as HTTP."""
        with self.guard:
            self.raw.append(request.raw)
            status, data = self.ledger.answer(request.method, request.path, request.body)
        body = json.dumps(data).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


class _Handler(BaseRequestHandler):
    def handle(self) -> None:
        self.server.connections += 1
        buffer = bytearray()
        self.request.settimeout(30)
        try:
            while data := self.request.recv(65536):
                buffer += data
                while request := split_request(buffer):
                    self.request.sendall(self.server.answer(request))
        except OSError:
            return


@contextmanager
def recording() -> Iterator[Recorder]:
    """Serve until the block ends."""
    server = Recorder()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
