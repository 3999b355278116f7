"""The device's TCP connections: what it sends is carried to the real server, as the network allows."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from terminal_sim.parts.http_wire import NoAnswer, RequestText, ServerConnection, split_request
from terminal_sim.parts.network import Fate, Network, Request, Trouble
from terminal_sim.vm.clock import Timeline

CONNECTING, OPEN = 0, 1
TRY_AGAIN, NOT_CONNECTED, RESET, REFUSED = -11, -107, -104, -111
# How long this process waits for a real server before it lets the device's time pass.
PATIENCE_S = 20.0


@dataclass
class Connection:
    """One connection of the device, and the real one behind it."""

    number: int
    server: ServerConnection | None = None
    state: int = CONNECTING
    outgoing: bytearray = field(default_factory=bytearray)
    incoming: bytearray = field(default_factory=bytearray)
    is_ended: bool = False
    break_it: Callable[[], None] = lambda: None


class Connections:
    """All connections of one terminal.

    Under a virtual clock the world waits for the real server, with time standing still, and the
    answer comes after the network's latency; a server that is silent for PATIENCE_S of real time
    counts as stalled, and its answer, should it come, is late. Under a real clock time goes on.
    `on_event` hears "request_sent", "request_delivered" and "answer_heard" as they happen.
    """

    def __init__(self, timeline: Timeline, network: Network, on_event: Callable[[str], None]) -> None:
        self._timeline = timeline
        self._network = network
        self._on_event = on_event
        self._is_virtual = timeline.clock.kind == "virtual"
        self._numbers = itertools.count(1)
        self._open: dict[int, Connection] = {}
        self._wakes: list[int] = []

    def take_wakes(self) -> tuple[int, ...]:
        """Hand over the connections that have news for the device."""
        taken, self._wakes = tuple(self._wakes), []
        return taken

    @property
    def has_wakes(self) -> bool:
        """Tell whether some connection has news for the device."""
        return bool(self._wakes)

    def close_all(self) -> None:
        """Close everything, as a device does that loses power."""
        for number in list(self._open):
            self.tcp_close(number)
        self._wakes.clear()

    def link(self) -> int:
        """Serve `WLAN.isconnected`."""
        return int(self._network.is_online)

    def tcp_open(self, host: str, port: int) -> int:
        """Start to connect; the outcome comes after the latency."""
        connection = Connection(next(self._numbers))
        connection.break_it = lambda: self._break(connection, RESET)
        self._open[connection.number] = connection
        self._network.register(connection.break_it)
        outcome = self._connect(connection, host, port)

        def settle() -> None:
            if connection.state == CONNECTING:
                connection.state = outcome if self._network.is_online else REFUSED
                self._wake(connection)

        self._timeline.after(self._network.latency_ms * 1000, settle)
        return connection.number

    def tcp_state(self, number: int) -> int:
        """Return 0 while connecting, 1 when open, or a negative error number."""
        connection = self._open.get(number)
        return NOT_CONNECTED if connection is None else connection.state

    def tcp_send(self, number: int, data: str) -> int:
        """Take bytes from the device; each whole request goes on its way."""
        connection = self._open.get(number)
        if connection is None or connection.state == CONNECTING:
            return NOT_CONNECTED
        if connection.state < 0 or connection.is_ended:
            return min(connection.state, RESET)
        payload = bytes.fromhex(data)
        connection.outgoing += payload
        while request := split_request(connection.outgoing):
            self._carry(connection, request)
        return len(payload)

    def tcp_receive(self, number: int, count: int) -> str | int:
        """Give bytes to the device as hexadecimal text: none at the end, TRY_AGAIN before."""
        connection = self._open.get(number)
        if connection is None:
            return NOT_CONNECTED
        if connection.incoming:
            data = bytes(connection.incoming[:count])
            del connection.incoming[:count]
            return data.hex()
        if connection.state < 0:
            return connection.state
        return "" if connection.is_ended else TRY_AGAIN

    def tcp_close(self, number: int) -> int:
        """Close a connection."""
        connection = self._open.pop(number, None)
        if connection is None:
            return NOT_CONNECTED
        self._network.unregister(connection.break_it)
        connection.state = NOT_CONNECTED
        if connection.server is not None:
            connection.server.close()
        return 0

    def _connect(self, connection: Connection, host: str, port: int) -> int:
        if not self._network.is_online:
            return REFUSED
        try:
            connection.server = ServerConnection(host, port)
        except OSError:
            return REFUSED
        return OPEN

    def _carry(self, connection: Connection, text: RequestText) -> None:
        body = _json_object(text.body)
        entry = Request(text.method, text.path, self._timeline.now_us(), body)
        trouble = self._network.next_trouble(text.method)
        entry.fate = trouble.fate
        self._network.requests.append(entry)
        self._on_event("request_sent")
        if trouble.fate in (Fate.STALL, Fate.DROP_REQUEST):
            return
        if trouble.fate is Fate.REPLACE_ANSWER and not trouble.is_delivered:
            self._answer(connection, entry, trouble.answer, is_last=True)
            return
        worker = threading.Thread(target=self._exchange, args=(connection, text, entry, trouble), daemon=True)
        worker.start()
        if self._is_virtual:
            worker.join(PATIENCE_S)
            if entry.ledger_status is not None:
                self._on_event("request_delivered")

    def _exchange(
        self, connection: Connection, text: RequestText, entry: Request, trouble: Trouble
    ) -> None:
        """Ask the real server and arrange what the device hears of it; runs in a thread of its own."""
        server = connection.server
        try:
            if server.was_closed():
                # A server ends idle connections in real time. To a device in virtual time that
                # would be chance, so it is hidden; in real time the device meets it.
                if not self._is_virtual:
                    raise NoAnswer("the server had closed the idle connection")
                server.reconnect()
            answer = server.exchange(text)
        except (NoAnswer, OSError):
            self._timeline.after(0, lambda: self._break(connection, RESET))
            return
        entry.ledger_status = answer.status
        if not self._is_virtual:
            self._timeline.after(0, lambda: self._on_event("request_delivered"))
        if trouble.fate is Fate.REPLACE_ANSWER:
            self._answer(connection, entry, trouble.answer, is_last=True)
        elif trouble.fate is Fate.DELIVER:
            self._answer(connection, entry, answer.raw, is_last=answer.is_last)

    def _answer(self, connection: Connection, entry: Request, raw: bytes, *, is_last: bool) -> None:
        def arrive() -> None:
            if connection.state != OPEN:
                return
            connection.incoming += raw
            connection.is_ended = is_last
            entry.answer, entry.heard_us = raw, self._timeline.now_us()
            entry.status = _status(raw)
            self._wake(connection)
            self._on_event("answer_heard")

        self._timeline.after(self._network.latency_ms * 1000, arrive)

    def _break(self, connection: Connection, error: int) -> None:
        if connection.state != NOT_CONNECTED:
            connection.state = error
            self._wake(connection)

    def _wake(self, connection: Connection) -> None:
        if connection.number in self._open:
            self._wakes.append(connection.number)


def _status(raw: bytes) -> int | None:
    parts = raw.split(b" ", 2)
    return int(parts[1]) if len(parts) > 1 and raw.startswith(b"HTTP/") and parts[1].isdigit() else None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
