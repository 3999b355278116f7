"""Clients that do not behave as ours do: each hears what became of its request, and none holds others up."""

from __future__ import annotations

import re
import select
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.web.lines import GOOD, Line, connected, head, heard, sent
from tests.web.servers import ROOT, served

FILE = b"GET /static/vendor/swagger-ui/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
SIZE = Path(ROOT, "ledger/web/static/vendor/swagger-ui/swagger-ui-bundle.js").stat().st_size
# More than Flask has threads.
MANY = 40


def balance(address: tuple[str, str]) -> int:
    """Return what is on the wallet."""
    with closing(Line(*address)) as line:
        return line.ask("GET", f"/pos/wallets/token/{TOKEN}")[1]["data"]["balance"]


def statuses(said: bytes) -> list[bytes]:
    """Return the status of each answer."""
    return re.findall(rb"HTTP/1\.1 (\d+)", said)


def test_what_cannot_be_read_behind_a_debit_is_not_taken_for_its_answer(address):
    before = balance(address)
    said = sent(address[0], head(address[1]) + GOOD + b"\x00nonsense\r\n\r\n")
    assert (statuses(said), balance(address)) == ([b"201"], before - 1)
    assert b"connection: close" in said


def test_a_client_that_says_nothing_more_hears_its_answer(address):
    before = balance(address)
    with connected(address[0]) as raw:
        raw.sendall(head(address[1]) + GOOD)
        raw.shutdown(socket.SHUT_WR)
        assert (statuses(heard(raw)), balance(address)) == ([b"201"], before - 1)


OFFER = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA")


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_client_that_offers_another_protocol_is_answered_in_this_one(address, is_cut):
    before = balance(address)
    with connected(address[0]) as raw:
        for piece in (head(address[1], *OFFER), GOOD) if is_cut else (head(address[1], *OFFER) + GOOD,):
            raw.sendall(piece)
            # Each comes by itself.
            select.select([raw], [], [], 0.2)
        raw.sendall(head(address[1], b"Connection: close") + GOOD)
        assert (statuses(heard(raw)), balance(address)) == ([b"201", b"201"], before - 2)


def test_the_body_of_a_request_that_offers_another_protocol_is_not_taken_for_a_request(address):
    smuggled = b"GET /pos/terminal HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(address[0]) as raw:
        raw.sendall(head(address[1], *OFFER, length=len(smuggled)))
        select.select([raw], [], [], 0.2)
        raw.sendall(smuggled + head(address[1], b"Connection: close") + GOOD)
        assert statuses(heard(raw)) == [b"400", b"201"]


def test_a_tunnel_is_refused(address):
    assert statuses(sent(address[0], b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n")) == [b"400"]


def test_clients_that_do_not_take_their_answers_hold_nobody_up_and_are_hung_up_on(hasty):
    with ExitStack() as all_of_them:
        deaf = [all_of_them.enter_context(socket.socket()) for _ in range(MANY)]
        for raw in deaf:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            host, port = hasty[0].split(":")
            raw.connect((host, int(port)))
            raw.sendall(FILE * 5)
        said = sent(hasty[0], b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert statuses(said) == [b"200"]
        # One that begins to read only now finds the connection ended, and not the rest of the answers.
        time.sleep(3)
        assert len(heard(deaf[0])) < 5 * SIZE


def test_a_body_that_was_late_has_no_time_without_end(hasty):
    with connected(hasty[0]) as raw:
        raw.sendall(head(hasty[1], length=99))
        assert raw.recv(12) == b"HTTP/1.1 400"
        raw.sendall(b"x")
        heard(raw)


def test_a_head_that_is_under_way_when_the_server_stops_is_let_arrive(ledger):
    api_token = install(ledger).api_token
    open_wallet(ledger, balance_cents=1000)
    with served(ledger, workers=1) as server, connected(server.url.removeprefix("http://")) as raw:
        whole = head(api_token) + GOOD
        raw.sendall(whole)
        said = b""
        while not said.endswith(b"}\n"):
            said += raw.recv(4096)
        raw.sendall(whole[:40])
        select.select([raw], [], [], 0.2)
        server.process.terminate()
        select.select([raw], [], [], 1.0)
        raw.sendall(whole[40:])
        said = heard(raw)
        assert statuses(said) == [b"201"]
        assert b"connection: close" in said
