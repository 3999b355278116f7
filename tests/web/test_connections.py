"""A kept-alive connection to a real server: each request has its own answer, whatever came before it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.factories.ledgers import fresh_ledger, raw_connection
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.web.servers import served

PATH = f"/pos/wallets/token/{TOKEN}/transactions"
HUGE = b'{"amount": -1, "description": "' + b"x" * 2_000_000 + b'"}'
GOOD = b'{"amount": -1, "description": "x"}'


class Line:
    """One kept-alive connection of one terminal."""

    def __init__(self, netloc: str, api_token: str) -> None:
        self._connection = http.client.HTTPConnection(netloc, timeout=20)
        self._headers = {"Authorization": f"Bearer {api_token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict]:
        """Send one request; an iterator as body is sent in chunks, without saying its length."""
        chunked = body is not None and not isinstance(body, bytes)
        self._connection.request(method, path, body, self._headers | headers, encode_chunked=chunked)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def is_kept(self) -> bool:
        """Say whether the server has left the connection open."""
        return self._connection.sock is not None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@pytest.fixture(scope="module")
def address(migrated_template, tmp_path_factory) -> Iterator[tuple[str, str]]:
    """Serve a ledger with a wallet on it; returns the server's host and port, and a terminal's token."""
    path = tmp_path_factory.mktemp("connections") / "books.db"
    with fresh_ledger(migrated_template, path) as ledger:
        api_token = install(ledger).api_token
        open_wallet(ledger, balance_cents=1000)
        with served(ledger, workers=1) as server:
            yield urlsplit(server.url).netloc, api_token


@pytest.fixture
def line(address) -> Iterator[Line]:
    """Open a connection."""
    opened = Line(*address)
    yield opened
    opened.close()


def pieces(body: bytes) -> Iterator[bytes]:
    """Cut a body into chunks."""
    for start in range(0, len(body), 50_000):
        yield body[start : start + 50_000]


def test_many_requests_share_one_connection(line):
    statuses = [line.ask("POST", PATH, GOOD)[0] for _ in range(3)] + [line.ask("GET", "/pos/terminal")[0]]
    assert statuses == [201, 201, 201, 200]
    assert line.is_kept()


def test_a_body_in_chunks_is_read_to_its_end(line):
    assert line.ask("POST", PATH, iter([GOOD[:10], GOOD[10:]]))[0] == 201


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_of_2_mb_is_refused_in_words(line, in_chunks):
    status, body = line.ask("POST", PATH, pieces(HUGE) if in_chunks else HUGE)
    assert (status, body["code"]) == (400, "body_too_large")


def test_the_beginning_of_a_long_body_is_not_taken_for_all_of_it(line):
    # Cut at the limit, this would be a debit of 1 with blanks behind it.
    status, body = line.ask("POST", PATH, pieces(GOOD + b" " * 100_000 + b"and something else"))
    assert (status, body["code"]) == (400, "body_too_large")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/pos/wallets/token/04FFFFFF/transactions", {}, 404),
        (PATH, {"Content-Type": "text/plain"}, 400),
        (PATH, {"Authorization": "Bearer nonsense"}, 401),
        ("/pos/nope", {}, 404),
        ("/pos/terminal", {}, 405),
    ],
)
def test_a_body_that_nobody_read_is_not_taken_for_the_next_request(line, path, headers, status):
    smuggled = b"GET /pos/nope HTTP/1.1\r\nHost: x\r\n\r\n" * 200
    assert line.ask("POST", path, smuggled, **headers)[0] == status
    assert line.ask("GET", "/pos/terminal")[1]["data"]["id"] == "coffee_machine"


def test_a_request_that_has_arrived_may_take_longer_than_one_may_take_to_arrive(ledger):
    api_token = install(ledger).api_token
    open_wallet(ledger, balance_cents=1000)
    with (
        served(ledger, workers=1, door="hasty") as server,
        raw_connection(ledger) as other,
        closing(Line(urlsplit(server.url).netloc, api_token)) as line,
        closing(Line(urlsplit(server.url).netloc, api_token)) as stalling,
        ThreadPoolExecutor(1) as pool,
    ):
        assert stalling.ask("POST", PATH, GOOD, **{"Content-Length": "99"})[1]["code"] == "bad_request"
        other.take_write_lock()
        waiting = pool.submit(line.ask, "POST", PATH, GOOD)
        # The worker's loop looks once a second for what is over its time, which is one second here.
        time.sleep(2.5)
        assert not waiting.done()
        other.rollback()
        assert waiting.result()[0] == 201
        # A connection that reads as ended is closed as soon as the worker looks at it again.
        time.sleep(0.5)
        assert line.ask("GET", "/pos/terminal")[0] == 200
