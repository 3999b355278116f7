"""Headers that keep browsers and caches from doing what nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.web.openapi import PAGE_POLICY
from tests.factories.terminals import install
from tests.web.applications import Caller, opened_app


@pytest.fixture
def caller(ledger) -> Iterator[Caller]:
    """Return a terminal at the application."""
    with opened_app(ledger) as app:
        yield Caller(app, install(ledger).api_token)


def test_the_page_loads_from_here_only_and_is_framed_nowhere(caller):
    page = caller.get("/pos/docs")
    assert page.headers.getlist("Content-Security-Policy") == [PAGE_POLICY]
    policy = dict(rule.split(" ", 1) for rule in PAGE_POLICY.split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe-eval" not in PAGE_POLICY
    assert "script-src" not in policy


@pytest.mark.parametrize("path", ["/pos/terminal", "/pos/openapi.json", "/pos/nope", "/nope"])
def test_what_is_said_is_never_kept(caller, path):
    assert caller.get(path).headers.getlist("Cache-Control") == ["no-store"]


def test_the_pages_assets_may_be_kept(caller):
    answer = caller.get("/static/documentation.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers.get("Cache-Control", "")


@pytest.mark.parametrize("path", ["/pos/docs", "/pos/terminal", "/pos/nope", "/static/documentation.js"])
def test_no_answer_is_sniffed_framed_or_leaked(caller, path):
    headers = caller.get(path).headers
    assert headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert headers.getlist("X-Frame-Options") == ["DENY"]
    assert headers.getlist("Referrer-Policy") == ["no-referrer"]


def test_a_head_request_answers_without_a_body(caller):
    answer = caller.ask("HEAD", "/pos/terminal")
    assert (answer.status_code, answer.data) == (200, b"")
