"""The page behind a device's QR code: in the reader's language, and it tells nobody anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ledger.domain.devices.pairing import offer_pairing, unpaired_device
from ledger.web.headers import STRICT_POLICY
from tests.web.applications import Caller, nothing_is_written, opened_app

COMMAND = 'tapledger terminal pair ABCD2345 coffee --name "Coffee" --permission debit'
TAG = re.compile(r"<[^>]+>")


@pytest.fixture
def anybody(ledger) -> Iterator[Caller]:
    """Return somebody without a token at the application."""
    with opened_app(ledger) as app:
        yield Caller(app, None)


@pytest.mark.parametrize("path", ["/pair/ABCD2345", "/PAIR/ABCD2345", "/pair/abcd-2345", "/pair/ABCD2345/"])
def test_it_shows_the_code_and_the_commands_however_it_is_written(anybody, path):
    page = anybody.get(path)
    assert page.status_code == 200
    assert '<p class="code">ABCD-2345</p>' in page.text
    assert COMMAND in TAG.sub("", page.text)
    assert "tapledger terminal pair ABCD2345 coffee</code>" in page.text


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "Ein neues Gerät"),
        ("en-GB,en;q=0.9", "en", "A new device"),
        ("fr", "en", "A new device"),
        (None, "en", "A new device"),
    ],
)
def test_it_speaks_the_readers_language(anybody, accepted, language, title):
    headers = {} if accepted is None else {"Accept-Language": accepted}
    page = anybody.get("/pair/ABCD2345", headers=headers)
    assert f"<h1>{title}</h1>" in page.text
    assert f'<html lang="{language}">' in page.text
    assert (page.headers["Content-Language"], page.headers["Vary"]) == (language, "Accept-Language")


def test_it_does_not_tell_whether_a_device_waits(anybody, ledger):
    code = ledger.run(offer_pairing, actor=unpaired_device(), install_id="a1b2c3d4").answer.code
    with nothing_is_written(ledger):
        known, other = anybody.get(f"/pair/{code}"), anybody.get("/pair/ABCD2345")
    written = known.text.replace(code, "ABCD2345").replace(f"{code[:4]}-{code[4:]}", "ABCD-2345")
    assert (known.status_code, written) == (other.status_code, other.text)
    for headers in (known.headers, other.headers):
        headers.remove("X-Request-Id")
    assert known.headers == other.headers


@pytest.mark.parametrize(
    "written", ["ABCD", "ABCD23456", "<script>alert(1)</script>", "<b>345678", "ABCD%E445", "ÄBCD2345"]
)
def test_what_can_be_no_code_is_not_repeated(anybody, written):
    page = anybody.get(f"/pair/{written}")
    assert page.status_code == 404
    if page.mimetype == "text/html":
        assert "This is no code of a device" in page.text
    assert written not in page.text


def test_it_loads_from_here_only_and_is_framed_nowhere(anybody):
    headers = anybody.get("/pair/ABCD2345").headers
    assert headers.getlist("Content-Security-Policy") == [STRICT_POLICY]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer", "the code goes to nobody else"
