"""Many at once, on real gunicorn processes: every promise about money holds, whatever ends in the middle."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from ledger.service import Ledger
from tests.conftest import BOTH_DATABASES
from tests.factories.ledgers import count, rows
from tests.factories.terminals import install
from tests.factories.wallets import balance_cents, open_wallet
from tests.web.servers import Server, served

TIMEOUT_S = 30
PARALLEL = 32
ATTEMPTS = 60


@dataclass(frozen=True)
class Machine:
    """A terminal that speaks to the server over connections of its own."""

    server: Server
    api_token: str

    def post(self, token_id: str, body: dict) -> tuple[int, dict]:
        """Send one transaction; raises OSError or HTTPException when the connection breaks."""
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=TIMEOUT_S)
        headers = {"Authorization": f"Bearer {self.api_token}", "Content-Type": "application/json"}
        try:
            path = f"/pos/wallets/token/{token_id}/transactions"
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def post_until_answered(self, token_id: str, body: dict) -> int:
        """Send the same transaction until the ledger has decided, as a device does; returns the status."""
        for _ in range(ATTEMPTS):
            try:
                status, _ = self.post(token_id, body)
            except (OSError, http.client.HTTPException):
                continue
            if status < 500:
                return status
        raise AssertionError(f"no answer after {ATTEMPTS} attempts")


@pytest.fixture(params=BOTH_DATABASES)
def database_name(request: pytest.FixtureRequest) -> str:
    """Return each database in turn."""
    return request.param


@pytest.fixture(params=["serve", "wsgi"])
def door(request: pytest.FixtureRequest) -> str:
    """Return each way to serve that is meant for people in turn."""
    return request.param


@pytest.fixture
def machine(ledger: Ledger, door: str) -> Iterator[Machine]:
    """Return a terminal at a server with two workers of eight threads."""
    api_token = install(ledger).api_token
    with served(ledger, workers=2, door=door) as server:
        yield Machine(server, api_token)


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Make all calls at the same moment, each in a thread of its own; returns their results in order."""
    gate = threading.Barrier(len(calls))

    def start(call: Callable[[], object]) -> object:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))


def debit(cents: int, key: str | None = None) -> dict:
    """Return the body of a debit."""
    return {"amount": -cents, "description": "At once"} | ({"idempotency_key": key} if key else {})


def test_of_two_identical_requests_at_the_same_moment_one_is_booked(machine, ledger):
    wallet = open_wallet(ledger, "04AA", balance_cents=1000)
    before = count(ledger, "postings")
    for number in range(20):
        call = lambda key=f"twice-{number}": machine.post("04AA", debit(7, key))  # noqa: E731
        answers = at_once([call, call])
        assert sorted(status for status, _ in answers) == [201, 202]
        balances = [body["data"]["balance"] for _, body in answers]
        assert balances == [1000 - 7 * (number + 1)] * 2
        assert count(ledger, "postings") == before + number + 1
    assert balance_cents(ledger, wallet) == 1000 - 7 * 20


def test_of_two_contents_under_one_key_at_the_same_moment_one_is_refused(machine, ledger):
    wallet = open_wallet(ledger, "04AA", balance_cents=1000)
    taken = 0
    for number in range(10):
        key = f"other-{number}"
        calls = [lambda cents=cents, key=key: machine.post("04AA", debit(cents, key)) for cents in (3, 5)]
        answers = at_once(calls)
        assert sorted(status for status, _ in answers) == [201, 400]
        assert {body["code"] for status, body in answers if status == 400} == {"idempotency_key_reused"}
        taken += 3 if answers[0][0] == 201 else 5
    assert balance_cents(ledger, wallet) == 1000 - taken


def test_parallel_debits_on_one_wallet_never_pass_its_floor(machine, ledger):
    wallet = open_wallet(ledger, "04AA", balance_cents=500, overdraft_limit_cents=50)
    answers = at_once([lambda: machine.post("04AA", debit(30))] * PARALLEL)
    assert Counter(status for status, _ in answers) == {201: 18, 400: PARALLEL - 18}
    assert {body["code"] for status, body in answers if status == 400} == {"insufficient_balance"}
    booked = sorted(body["data"]["balance"] for status, body in answers if status == 201)
    assert booked == [500 - 30 * (number + 1) for number in reversed(range(18))]
    assert balance_cents(ledger, wallet) == -40


def test_different_wallets_do_not_stand_in_each_others_way(machine, ledger):
    tokens = [f"04{number:06X}" for number in range(PARALLEL)]
    wallets = [open_wallet(ledger, token, balance_cents=100) for token in tokens]
    calls = [lambda token=token: machine.post(token, debit(100, f"own-{token}")) for token in tokens]
    assert [status for status, _ in at_once(calls)] == [201] * PARALLEL
    assert [balance_cents(ledger, wallet) for wallet in wallets] == [0] * PARALLEL


def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(machine, ledger):
    wallet = open_wallet(ledger, "04AA", balance_cents=100_000)
    server, requests = machine.server, 15
    statuses, started = [], threading.Semaphore(0)

    def buy(customer: int) -> None:
        for number in range(requests):
            started.release()
            statuses.append(machine.post_until_answered("04AA", debit(1, f"kill-{customer}-{number}")))

    def kill() -> None:
        for victims in (1, 2, 3):
            for _ in range(2 * requests):
                assert started.acquire(timeout=TIMEOUT_S)
            server.kill(server.workers[-1])
            server.wait_until_serving(2 + victims)

    at_once([lambda customer=customer: buy(customer) for customer in range(8)] + [kill])
    asked = 8 * requests
    assert len(server.workers) >= 5
    assert len(statuses) == asked
    assert set(statuses) <= {201, 202}
    assert balance_cents(ledger, wallet) == 100_000 - asked
    keys = rows(ledger, "SELECT key FROM idempotency_keys WHERE key LIKE 'kill-%'")
    assert len(keys) == len(set(keys)) == asked
    assert rows(ledger, "SELECT count(*) FROM postings WHERE amount_cents = 1") == [(asked,)]
