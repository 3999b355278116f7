"""The running server as its operator sees it: health, figures, log, and what none of them may show."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.storage.schema import newest
from tests.cli.command import Command
from tests.cli.serving import Serving, serving
from tests.factories.ledgers import opened_ledger, raw_connection
from tests.factories.terminals import install
from tests.factories.wallets import open_wallet

TOKEN = "04A2246B7E1190"
PATH = f"/pos/wallets/token/{TOKEN}/transactions"
TEMPLATE = "/pos/wallets/token/<token_id>/transactions"
PATIENCE_S = 30
PROXY, CLIENT = "127.0.0.1", "192.0.2.7"


@pytest.fixture
def api_token(command: Command) -> Iterator[str]:
    """Install a terminal, open a wallet with money on it; returns the terminal's secret."""
    folder = command.books.parent / "temporary"
    folder.mkdir()
    command.environment["TMPDIR"] = str(folder)
    with opened_ledger(command.books) as ledger:
        open_wallet(ledger, TOKEN, balance_cents=1000)
        yield install(ledger).api_token
    assert list(folder.iterdir()) == [], "the figures' folder outlives its server"


def figures(server: Serving, **headers: str) -> dict[str, float]:
    """Return the figures by name and labels."""
    answer = server.ask("GET", "/metrics", **headers)
    assert answer.status == 200, answer.said
    lines = [line for line in answer.said.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def _children(process_id: int) -> list[int]:
    listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    return [int(child) for child in listed.split()]


def _debit(server: Serving, api_token: str, key: str, cents: int = 1, **headers: str) -> int:
    body = {"amount": -cents, "description": "x", "idempotency_key": key}
    return server.ask("POST", PATH, body, Authorization=f"Bearer {api_token}", **headers).status


def test_all_workers_count_together_and_what_a_killed_one_counted_stays(command: Command, api_token: str):
    with serving(command, "--workers", "2") as server:
        assert [_debit(server, api_token, f"key-{number}") for number in range(6)] == [201] * 6
        assert [_debit(server, api_token, "key-1"), _debit(server, api_token, "big", 5000)] == [202, 400]
        assert server.ask("PURGE", f"/{TOKEN}").status == 404
        first = figures(server)
        os.kill(_children(server.process.pid)[0], signal.SIGKILL)
        deadline_s = time.monotonic() + PATIENCE_S
        while len(_children(server.process.pid)) < 2:
            assert time.monotonic() < deadline_s
        second = figures(server)
    for seen in (first, second):
        assert seen['tapledger_events_total{event="wallet.debited"}'] == 6
        code, counted = "insufficient_balance", "tapledger_request_seconds_count"
        assert seen[f'tapledger_refusals_total{{code="{code}",dialect="terminal"}}'] == 1
        assert seen[f'{counted}{{method="POST",route="{TEMPLATE}",status="201"}}'] == 6
        assert seen[f'{counted}{{method="other",route="other",status="404"}}'] == 1
        assert seen['tapledger_money_held_cents{currency="EUR"}'] == 994
        assert seen["tapledger_outbox_events"] > 6
        assert seen["tapledger_database_up"] == 1
        assert seen["tapledger_requests_in_flight"] == 1, "only the question itself is under way"
        assert not [name for name in seen if TOKEN in name or api_token in name]


def test_each_request_is_one_line_that_shows_neither_token_nor_credential(command: Command, api_token: str):
    with serving(command, "--workers", "1", "--log-level", "info") as server:
        assert _debit(server, api_token, "key-1", X_Request_Id="till-7.0042") == 201
        refused = server.ask("GET", f"/pos/wallets/token/{TOKEN}?secret={api_token}", X_Request_Id="no good")
        assert refused.status == 401
        head = f"GET /pos/wallets/token/{TOKEN} HTTP/9\r\nAuthorization: Bearer {api_token}\r\n\r\n"
        with closing(server.connect()) as connection:
            connection.connect()
            connection.sock.sendall(head.encode())
            connection.sock.recv(1000)
    lines = [line for line in server.log if line["message"] == "answered"]
    assert [line["request_id"] for line in lines] == ["till-7.0042", refused.getheader("X-Request-Id")]
    assert refused.getheader("X-Request-Id").startswith("req_")
    facts = ("level", "method", "route", "status", "actor", "refusal")
    assert [tuple(line[name] for name in facts) for line in lines] == [
        ("info", "POST", TEMPLATE, 201, "coffee_machine", None),
        ("info", "GET", "/pos/wallets/token/<token_id>", 401, None, "unauthenticated"),
    ]
    assert all(line["duration_ms"] >= 0 and line["time"].endswith("Z") for line in lines)
    assert any(line["message"] == "Invalid HTTP request received." for line in server.log)
    assert TOKEN not in repr(server.log)
    assert api_token not in repr(server.log)


def test_a_database_that_is_away_is_not_ready_and_the_process_is_still_healthy(
    command: Command, api_token: str
):
    with serving(command, "--workers", "1") as server:
        assert (server.ask("GET", "/health").said, server.ask("GET", "/ready").said) == (
            '{"status":"alive"}\n',
            '{"status":"ready"}\n',
        )
        with opened_ledger(command.books) as ledger, raw_connection(ledger) as other:
            other.execute("UPDATE alembic_version SET version_num = 'older'")
        away = server.ask("GET", "/ready")
        assert (away.status, away.getheader("Retry-After")) == (503, "1")
        assert '"code":"schema_outdated"' in away.said
        assert server.ask("GET", "/health").status == 200
        with opened_ledger(command.books) as ledger, raw_connection(ledger) as other:
            other.execute("UPDATE alembic_version SET version_num = ?", (newest(),))
        assert server.ask("GET", "/ready").status == 200


def test_the_figures_are_told_to_this_machine_or_for_the_token_only(command: Command, api_token: str):
    with serving(command, "--workers", "1") as server:
        assert server.ask("GET", "/metrics", X_Forwarded_For=CLIENT).status == 403
        assert server.ask("GET", "/metrics").status == 200
    command.environment["TAPLEDGER_METRICS_TOKEN"] = secret = "the-token-of-the-scraper"
    with serving(command, "--workers", "1") as server:
        assert server.ask("GET", "/metrics").status == 401
        assert server.ask("GET", "/metrics", Authorization="Bearer the-token-of-somebody-else").status == 401
        opened = server.ask("GET", "/metrics", Authorization=f"Bearer {secret}", X_Forwarded_For=CLIENT)
        assert opened.status == 200


@pytest.mark.parametrize(("proxies", "origin"), [("", PROXY), (f"10.0.0.0/8,{PROXY}", CLIENT)])
def test_the_audit_trail_believes_a_configured_proxy_only(
    command: Command, api_token: str, proxies: str, origin: str
):
    command.environment["TAPLEDGER_TRUSTED_PROXIES"] = proxies
    with serving(command, "--workers", "1") as server:
        hearsay = {"X_Forwarded_For": f"198.51.100.9, {CLIENT}, 10.1.2.3", "SCRIPT_NAME": "/pos"}
        assert _debit(server, api_token, "key-1", **hearsay, X_Forwarded_Proto="https") == 201
    with opened_ledger(command.books) as ledger, raw_connection(ledger) as look:
        said = look.execute("SELECT origin FROM audit_log WHERE command = 'wallets.debit'").fetchall()
    assert said == [(origin,)]
