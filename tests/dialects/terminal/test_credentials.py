"""Who may ask: a terminal by its api_token, an operator by a signed token, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from ledger.domain.access import tokens
from ledger.domain.access.records import Role
from ledger.domain.devices.commands import roll_api_token
from tests.dialects.terminal.refusals import assert_refused, assert_unauthenticated
from tests.factories.ledgers import raw_connection
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN
from tests.web.applications import Caller, nothing_is_written, operator_token

BY_TERMINALS = [
    ("GET", "/pos/terminal"),
    ("GET", f"/pos/wallets/token/{TOKEN}"),
    ("POST", f"/pos/wallets/token/{TOKEN}/transactions"),
    ("PUT", f"/pos/wallets/token/{TOKEN}"),
    ("GET", "/pos/wallets/wal_K6lIeaZ9H3UZPqxm"),
    ("POST", "/pos/transactions/some-key/reverse"),
]
BY_OPERATORS = [("POST", "/pos/terminals"), ("POST", "/pos/terminals/coffee_machine/roll-token")]
MALFORMED = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer    ",
    "Basic dXNlcjpwYXNz",
    "Token {token}",
    "{token}",
    "Bearer {token} {token}",
    "Bearer {token}x",
    "Bearer \xff\xfe",
    "Bearer " + "x" * 20_000,
]


@pytest.mark.parametrize(("method", "path"), BY_TERMINALS + BY_OPERATORS)
def test_each_route_asks_for_a_credential(nobody, ledger, wallet, method, path):
    with nothing_is_written(ledger):
        assert_unauthenticated(nobody.ask(method, path, json={"amount": -1, "description": "x"}))


@pytest.mark.parametrize("authorization", MALFORMED, ids=lambda text: repr(text)[:24])
def test_a_malformed_credential_is_refused(app, nobody, ledger, wallet, authorization):
    token = install(ledger).api_token
    headers = {"Authorization": authorization.format(token=token)}
    with nothing_is_written(ledger):
        assert_unauthenticated(nobody.get("/pos/terminal", headers=headers))


def test_the_scheme_is_read_in_any_case(ledger, nobody):
    token = install(ledger).api_token
    assert nobody.get("/pos/terminal", headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_a_rolled_token_is_dead_at_once(app, ledger, operator, wallet):
    installed = install(ledger)
    caller = Caller(app, installed.api_token)
    assert caller.get("/pos/terminal").status_code == 200
    rolled = ledger.run(roll_api_token, actor=operator, slug="coffee_machine").answer
    body = {"amount": -1, "description": "x"}
    with nothing_is_written(ledger):
        assert_unauthenticated(caller.post(f"/pos/wallets/token/{TOKEN}/transactions", body))
    assert Caller(app, rolled.api_token).get("/pos/terminal").status_code == 200


@pytest.mark.parametrize("amount", [-1, -2])
def test_a_rolled_token_is_not_even_told_what_its_key_has_booked(app, ledger, operator, wallet, amount):
    caller = Caller(app, install(ledger).api_token)
    body = {"amount": -1, "description": "x", "idempotency_key": "k"}
    path = f"/pos/wallets/token/{TOKEN}/transactions"
    assert caller.post(path, body).status_code == 201
    ledger.run(roll_api_token, actor=operator, slug="coffee_machine")
    # The door has let it in a moment ago, and lets it in again.
    with nothing_is_written(ledger):
        assert_unauthenticated(caller.post(path, body | {"amount": amount}))
        assert_unauthenticated(caller.post("/pos/batches", {"transactions": [{**body, "token_id": TOKEN}]}))


@pytest.mark.parametrize(("method", "path"), BY_TERMINALS)
def test_an_operators_token_opens_no_terminals_route(admin, ledger, wallet, method, path):
    with nothing_is_written(ledger):
        assert_unauthenticated(admin.ask(method, path, json={"amount": -1, "description": "x"}))


@pytest.mark.parametrize(("method", "path"), BY_OPERATORS)
def test_a_terminals_token_opens_no_operators_route(cash_desk, ledger, method, path):
    with nothing_is_written(ledger):
        assert_unauthenticated(cash_desk.ask(method, path, json={}))


def test_staff_do_not_manage_terminals(app, ledger):
    staff = Caller(app, operator_token(ledger, "ben", Role.STAFF))
    install(ledger)
    body = {"id": "kiosk", "friendly_name": "Kiosk", "permission": "debit"}
    with nothing_is_written(ledger):
        assert_refused(staff.post("/pos/terminals", body), 403, "permission_missing")
        refused = staff.post("/pos/terminals/coffee_machine/roll-token")
        assert_refused(refused, 403, "permission_missing")


def test_an_operators_token_ends_with_its_lifetime(app, ledger, clock):
    install(ledger)
    caller = Caller(app, operator_token(ledger))
    assert caller.post("/pos/terminals/coffee_machine/roll-token").status_code == 200
    clock.advance(minutes=5)
    with nothing_is_written(ledger):
        assert_unauthenticated(caller.post("/pos/terminals/coffee_machine/roll-token"))


def test_an_operator_who_has_left_is_refused(app, ledger):
    caller = Caller(app, operator_token(ledger))
    with raw_connection(ledger) as connection:
        connection.execute("UPDATE operators SET is_active = false")
    assert_unauthenticated(caller.post("/pos/terminals", {}))


def forged(ledger, **changes: object) -> str:
    """Return a token that differs from anna's in something."""
    operator_token(ledger)
    claims = {"sub": "anna", "aud": "tapledger", "iat": ledger.clock.now()}
    claims["exp"] = ledger.clock.now() + timedelta(minutes=5)
    key, algorithm = changes.pop("key", ledger.settings.secret_key), changes.pop("algorithm", "HS256")
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm)


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "another key, that somebody made up for this test"},
        {"algorithm": "HS384"},
        {"algorithm": "none", "key": None},
        {"aud": "elsewhere"},
        {"aud": None},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sub": "nobody"},
        {"sub": 7},
    ],
    ids=repr,
)
def test_a_forged_operators_token_is_refused(app, ledger, changes):
    caller = Caller(app, forged(ledger, **changes))
    with nothing_is_written(ledger):
        body = {"id": "kiosk", "friendly_name": "Kiosk", "permission": "debit"}
        assert_unauthenticated(caller.post("/pos/terminals", body))


def test_a_genuine_token_of_ours_is_what_the_forgeries_start_from(ledger):
    assert tokens.read(forged(ledger), ledger.settings.secret_key, ledger.clock) == "anna"
