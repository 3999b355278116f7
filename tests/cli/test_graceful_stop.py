"""A server that is told to stop: what has begun is answered, nothing is cut, nothing is doubled."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.cli.command import Command
from tests.cli.serving import Serving, serving
from tests.factories.ledgers import opened_ledger, raw_connection, rows
from tests.factories.terminals import install
from tests.factories.wallets import open_wallet

TOKEN = "04A2246B7E1190"
PATH = f"/pos/wallets/token/{TOKEN}/transactions"
CLIENTS = 8
BEFORE_THE_STOP = 40
PATIENCE_S = 30


@pytest.fixture
def api_token(command: Command) -> str:
    """Install a terminal, open a wallet with money on it; returns the terminal's secret."""
    with opened_ledger(command.books) as ledger:
        open_wallet(ledger, TOKEN, balance_cents=100_000)
        return install(ledger).api_token


class Client:
    """Debits one cent after the other over a kept-alive connection until the connection breaks."""

    def __init__(self, server: Serving, api_token: str, name: str) -> None:
        self.answered: dict[str, int] = {}
        self.unanswered: str | None = None
        self._server, self._name = server, name
        self._headers = {"Authorization": f"Bearer {api_token}", "Content-Type": "application/json"}

    def run(self, progress: threading.Semaphore) -> None:
        """Debit; the key of the request that was cut off is the unanswered one."""
        connection = self._server.connect()
        while self.unanswered is None:
            key = f"{self._name}-{len(self.answered)}"
            try:
                status, _ = self.debit(connection, key)
            except (OSError, http.client.HTTPException):
                self.unanswered = key
            else:
                self.answered[key] = status
                progress.release()
        connection.close()

    def debit(self, connection: http.client.HTTPConnection, key: str) -> tuple[int, bool]:
        """Send one debit; returns its status and whether the server closes the connection with it."""
        body = {"amount": -1, "description": "x", "idempotency_key": key}
        connection.request("POST", PATH, json.dumps(body), self._headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Connection") == "close"


def test_a_stop_under_load_cuts_no_answer_and_a_retry_books_nothing_twice(command: Command, api_token: str):
    progress = threading.Semaphore(0)
    with serving(command, "--workers", "2") as server, ThreadPoolExecutor(CLIENTS) as pool:
        clients = [Client(server, api_token, f"client-{number}") for number in range(CLIENTS)]
        running = [pool.submit(client.run, progress) for client in clients]
        for _ in range(BEFORE_THE_STOP):
            assert progress.acquire(timeout=PATIENCE_S)
        server.terminate()
        for each in running:
            each.result(timeout=PATIENCE_S)
    assert server.log == []
    answered = {key: status for client in clients for key, status in client.answered.items()}
    assert set(answered.values()) == {201}
    booked = _booked_keys(command)
    assert set(answered) <= set(booked)
    _settle(command, api_token, [client.unanswered for client in clients], set(booked))
    assert max(Counter(_booked_keys(command)).values()) == 1
    assert command.data("wallet", "show", TOKEN)["balance"] == 100_000 - len(answered) - CLIENTS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_master_that_is_interrupted_lets_its_workers_end_by_themselves(command: Command, number: int):
    with serving(command, "--workers", "1") as server:
        server.ask("GET", "/health")
        server.process.send_signal(number)
        server.process.wait(PATIENCE_S)
    assert server.log == []


def _settle(command: Command, api_token: str, unanswered: list[str], booked: set[str]) -> None:
    with serving(command, "--workers", "1") as server, closing(server.connect()) as connection:
        again = Client(server, api_token, "again")
        settled = {key: again.debit(connection, key)[0] for key in unanswered}
    assert settled == {key: 202 if key in booked else 201 for key in unanswered}


def _booked_keys(command: Command) -> list[str]:
    with opened_ledger(command.books) as ledger:
        found = rows(ledger, "SELECT key FROM idempotency_keys WHERE key LIKE 'client-%'")
    return [key for (key,) in found]


def test_what_is_under_way_is_answered_and_who_comes_now_is_refused(command: Command, api_token: str):
    with (
        serving(command, "--workers", "2") as server,
        opened_ledger(command.books) as ledger,
        raw_connection(ledger) as other,
        closing(server.connect()) as connection,
        closing(socket.create_connection((server.host, server.port))),
        ThreadPoolExecutor(1) as pool,
    ):
        other.take_write_lock()
        client = Client(server, api_token, "client")
        idle = _under_way(server)
        waiting = pool.submit(client.debit, connection, "slow")
        while _under_way(server) == idle:
            assert not waiting.done()
        server.terminate()
        _wait_until_refused(server)
        assert not waiting.done()
        other.rollback()
        assert waiting.result(timeout=PATIENCE_S) == (201, True), "it is told to come on another connection"
    assert command.data("wallet", "show", TOKEN)["balance"] == 99_999


def _under_way(server: Serving) -> float:
    said = server.ask("GET", "/metrics").said
    return float(re.search(r"^tapledger_requests_in_flight (\S+)$", said, re.MULTILINE)[1])


def _wait_until_refused(server: Serving) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            socket.create_connection((server.host, server.port)).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            # It was closed while this very connection was being made; the next one is refused.
            continue
        time.sleep(0.05)
    raise AssertionError("the server that stops still listens")
