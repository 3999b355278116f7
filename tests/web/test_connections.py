"""A kept-alive connection to a real server: each request has its own answer, whatever came before it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.factories.ledgers import raw_connection
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.web.lines import GOOD, PATH, Line, sent
from tests.web.servers import served

HUGE = b'{"amount": -1, "description": "' + b"x" * 2_000_000 + b'"}'


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
def test_a_batch_of_half_a_megabyte_arrives_whole(line, in_chunks):
    entry = {"token_id": TOKEN, "amount": -1, "description": "x" * 255, "tag": "t" * 64}
    keys = [f"{number}-{in_chunks}".ljust(64, "k") for number in range(500)]
    body = json.dumps({"transactions": [entry | {"idempotency_key": key, "note": "n" * 400} for key in keys]})
    sent = pieces(body.encode()) if in_chunks else body.encode()
    status, said = line.ask("POST", "/pos/batches", sent)
    assert (status, len(body) > 400_000) == (200, True)
    assert [result["idempotency_key"] for result in said["data"]["results"]] == keys


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
        # More than a request may take to arrive, which is one second here.
        time.sleep(2.5)
        assert not waiting.done()
        other.rollback()
        assert waiting.result()[0] == 201
        time.sleep(0.5)
        assert line.ask("GET", "/pos/terminal")[0] == 200


def test_a_head_that_does_not_end_in_time_ends_its_connection(hasty):
    assert sent(hasty[0], b"GET /pos/terminal HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""


def test_a_head_without_an_end_is_refused(address):
    endless = [b"GET /pos/terminal HTTP/1.1\r\nX-Long: ", *[b"x" * 16_000] * 8]
    assert sent(address[0], *endless).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("framing", [b"Content-Length: 99", b"Transfer-Encoding: chunked"])
def test_a_body_that_stops_is_refused_in_words_and_nothing_of_it_is_booked(hasty, framing):
    netloc, api_token = hasty
    # What has arrived is a whole debit by itself.
    body = b"%x\r\n%b\r\n" % (len(GOOD), GOOD) if b"chunked" in framing else GOOD
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {api_token}\r\n"
    head = head.encode() + b"Content-Type: application/json\r\n" + framing + b"\r\n\r\n"
    said = sent(netloc, head + body)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"bad_request"' in said
    with closing(Line(*hasty)) as line:
        assert line.ask("GET", f"/pos/wallets/token/{TOKEN}")[1]["data"]["balance"] == 1000


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Content-Length: +5",
    ],
)
def test_a_body_of_two_lengths_is_refused_and_its_connection_ended(address, framing):
    smuggled = b"0\r\n\r\nGET /pos/terminal HTTP/1.1\r\nHost: x\r\n\r\n"
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {address[1]}\r\n".encode()
    said = sent(address[0], head + framing + b"\r\n\r\n" + smuggled)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_a_header_that_only_looks_like_another_is_not_heard(address):
    """WSGI has one name for `Content-Type` and `Content_Type`."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {address[1]}\r\n"
    head = head.encode() + b"Content_Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(GOOD)
    assert b'"code":"unsupported_media_type"' in sent(address[0], head + GOOD)


def test_requests_that_are_sent_ahead_are_answered_in_their_order(address):
    head = f"Host: x\r\nAuthorization: Bearer {address[1]}\r\n".encode()
    ahead = [b"GET /pos/terminal HTTP/1.1\r\n" + head + b"\r\n", b"GET /pos/nope HTTP/1.1\r\n" + head]
    said = sent(address[0], *ahead, b"Connection: close\r\n\r\n")
    assert re.findall(rb"HTTP/1\.1 (\d+)", said) == [b"200", b"404"]
