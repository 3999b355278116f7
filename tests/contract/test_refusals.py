"""What every dialect promises about refusals: its own envelope, whatever was wrong."""

from __future__ import annotations

import json

import pytest

from ledger.app import DIALECTS
from ledger.domain.books.errors import FloorReached
from ledger.foundation.errors import Kind, Refusal, every_refusal
from tests.web.applications import nothing_is_written

JSON = {"Content-Type": "application/json"}
HARDENING = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def ours() -> list[type[Refusal]]:
    """Return each refusal of the house that has words of its own or is raised by itself."""
    return [refusal for refusal in every_refusal() if refusal.__module__.startswith("ledger.")]


def test_the_house_has_refusals_of_every_kind():
    assert {refusal.kind for refusal in ours()} == set(Kind)
    assert len(ours()) > 20


def test_every_refusal_can_be_said(speaker, dialect, app):
    for refusal in ours():
        with app.test_request_context(f"{dialect.prefix}/somewhere", method="POST", json={}):
            answer = app.make_response(dialect.say(refusal()))
        assert answer.status_code in speaker.statuses, refusal
        assert refusal.message in answer.get_data(as_text=True)


def test_every_code_says_one_thing(dialect):
    codes = {}
    for refusal in ours():
        codes.setdefault(refusal.code, set()).add(refusal.kind)
    assert {code: kinds for code, kinds in codes.items() if len(kinds) > 1} == {}


def test_a_balance_too_small_is_told(speaker, dialect, app):
    with app.test_request_context(f"{dialect.prefix}/somewhere", method="POST", json={}):
        answer = app.make_response(dialect.say(FloorReached(balance_cents=1234)))
    assert "12.34" in answer.get_data(as_text=True)


@pytest.mark.parametrize("caller", ["first", None])
@pytest.mark.parametrize(
    "rest", ["", "/", "/nope", "/nope/nope/nope", "/%00", "/%F0%9F%92%B3", "/" + "x" * 4000]
)
def test_an_unknown_path_is_refused_in_the_dialects_words(speaker, dialect, caller, rest):
    answer = speaker.ask("GET", f"{dialect.prefix}{rest}", caller=caller)
    assert answer.status_code == 404
    speaker.assert_refusal(answer)


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "GET", "TRACE", "BREW"])
def test_a_wrong_method_is_refused_and_told_the_right_ones(speaker, ledger, method):
    right, path = speaker.write
    with nothing_is_written(ledger):
        answer = speaker.ask(method, path)
    assert answer.status_code == 405
    assert right in answer.headers["Allow"].split(", ")
    assert method not in answer.headers["Allow"].split(", ")
    speaker.assert_refusal(answer)


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        (b"{", JSON),
        (b"", JSON),
        (b"[" * 60_000, JSON),
        (b'{"amount": NaN}', JSON),
        (b'"' + b"x" * 2_000_000 + b'"', JSON),
        (b"<amount>100</amount>", {"Content-Type": "application/xml"}),
        (b"amount=100", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"amount=100", {}),
    ],
    ids=["broken", "empty", "deep", "NaN", "2 MB", "xml", "form", "untyped"],
)
def test_a_body_that_is_no_json_is_refused(speaker, ledger, data, headers):
    method, path = speaker.write
    with nothing_is_written(ledger):
        answer = speaker.ask(method, path, data=data, headers=headers)
    assert 400 <= answer.status_code < 500
    speaker.assert_refusal(answer)


def test_without_a_credential_it_is_said_which_scheme_is_asked_for(speaker, ledger):
    method, path = speaker.write
    with nothing_is_written(ledger):
        answer = speaker.ask(method, path, caller=None, data=json.dumps({"amount": 1}), headers=JSON)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    speaker.assert_refusal(answer)


def test_every_answer_is_hardened_and_none_may_be_kept(speaker, dialect):
    paths = (
        ("GET", f"{dialect.prefix}/nope"),
        ("DELETE", speaker.write[1]),
        ("GET", f"{dialect.prefix}/openapi.json"),
    )
    for method, path in paths:
        answer = speaker.ask(method, path)
        assert {name: answer.headers.get(name) for name in HARDENING} == HARDENING
        assert answer.mimetype == "application/json"


def test_a_path_of_no_dialect_is_refused_plainly(speaker, app):
    for path in ("/nope", "/po", *(f"{dialect.prefix}x" for dialect in DIALECTS)):
        answer = app.test_client().get(path)
        plain = {"message": "There is nothing under this path.", "code": "route_unknown"}
        assert (answer.status_code, answer.json) == (404, plain)
    answer = app.test_client().post("/static/documentation.css")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]
