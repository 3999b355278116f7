"""Request ids and the log: every answer has one, a failure names it, and no value of a row is logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from ledger.foundation.ids import Ids
from ledger.foundation.logs import JsonFormatter, request_id
from tests.conftest import BOTH_DATABASES
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.web.applications import Caller, opened_app

PATH = f"/pos/wallets/token/{TOKEN}/transactions"
DEBIT = {"amount": -1, "description": "x"}


class StuckDie(Ids):
    """A source of randomness that draws the same code again and again: a unique constraint is broken."""

    def code(self, prefix: str, at: object = None) -> str:
        """Return one code."""
        return f"{prefix}_again"


@pytest.fixture(params=BOTH_DATABASES)
def database_name(request: pytest.FixtureRequest) -> str:
    """Return each database in turn."""
    return request.param


@pytest.fixture
def failing(ledger) -> Iterator[Caller]:
    """Return a terminal at an application that has booked one debit and cannot book another one."""
    open_wallet(ledger, balance_cents=100)
    with opened_app(ledger, ids=StuckDie()) as app:
        caller = Caller(app, install(ledger).api_token)
        assert caller.post(PATH, DEBIT).status_code == 201
        yield caller


@pytest.mark.parametrize("path", ["/health", "/pos/terminal", "/pos/no", "/no", "/static/documentation.css"])
def test_every_answer_has_one_id_and_takes_the_callers_when_it_is_sane(failing, path):
    assert failing.get(path).headers.getlist("X-Request-Id")[0].startswith("req_")
    answer = failing.get(path, headers={"X-Request-Id": "till-7.0042_a"})
    assert answer.headers.getlist("X-Request-Id") == ["till-7.0042_a"]
    for strange in ("", "a b", 'a"b', "x" * 65, "ü"):
        given = failing.get(path, headers={"X-Request-Id": strange}).headers["X-Request-Id"]
        assert given.startswith("req_"), strange


def test_a_failure_names_the_request_and_its_log_tells_the_cause_without_values(failing, ledger, caplog):
    logging.getLogger("ledger.web.errors").addFilter(_remember_line)
    try:
        answer = failing.post(PATH, DEBIT)
    finally:
        logging.getLogger("ledger.web.errors").removeFilter(_remember_line)
    own_id = answer.headers["X-Request-Id"]
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert answer.json["message"].endswith(f" The log tells more of {own_id}.")
    line = json.loads(LINES.pop())
    assert line["request_id"] == own_id
    assert line["message"] == "POST /pos/wallets/token/<token_id>/transactions failed"
    assert "IntegrityError" in line["traceback"]
    assert "INSERT INTO postings" in line["traceback"]
    assert [value for value in (TOKEN, "txn_again") if value in json.dumps(line)] == []
    assert request_id.get() == ""


LINES: list[str] = []


def _remember_line(record: logging.LogRecord) -> bool:
    LINES.append(JsonFormatter().format(record))
    return True


def test_a_line_is_one_line_whatever_is_said(ledger):
    said = {"name": "x", "levelname": "WARNING", "msg": 'a\n"%s"', "args": ("\ud800",)}
    record = logging.makeLogRecord({**said, "created": 1635713051.1239})
    line = JsonFormatter().format(record)
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2021-10-31T20:44:11.123Z",
        "level": "warning",
        "logger": "x",
        "message": 'a\n"\ud800"',
    }


def test_who_may_not_see_the_figures_is_refused_plainly(ledger):
    with opened_app(ledger) as app:
        answer = app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert (answer.status_code, answer.json["code"]) == (403, "metrics_forbidden")
