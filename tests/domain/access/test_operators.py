"""Operators and their short-lived tokens."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest

from ledger.domain.access import tokens
from ledger.domain.access.commands import add_operator
from ledger.domain.access.errors import (
    CredentialRefused,
    InvalidOperatorName,
    OperatorExists,
    OperatorUnknown,
)
from ledger.domain.access.queries import operator as find_operator
from ledger.domain.access.queries import operator_by_token
from ledger.domain.access.records import Role
from ledger.domain.access.rules import ROLE_PERMISSIONS
from ledger.foundation.actor import ActorKind
from ledger.foundation.permissions import Permission
from tests.factories.ledgers import SECRET_KEY, contents, raw_connection

OTHER_KEY = "another key, of somebody else, that is long enough for HS256"
LIFETIME = timedelta(hours=12)


@pytest.fixture
def ada(ledger, operator):
    """Return an operator of the house."""
    return ledger.run(add_operator, actor=operator, username="ada", role=Role.STAFF).answer


def _actor_of(ledger, token):
    return ledger.read(operator_by_token, token=token, secret_key=SECRET_KEY, clock=ledger.clock)


def _issue(clock, username="ada", key=SECRET_KEY):
    return tokens.issue(username, key, clock, LIFETIME)


def test_a_token_is_its_operator_with_the_permissions_of_the_role(ledger, ada, clock):
    actor = _actor_of(ledger, _issue(clock))
    assert (actor.kind, actor.name, actor.id) == (ActorKind.OPERATOR, "ada", ada.id)
    assert actor.permissions == ROLE_PERMISSIONS[Role.STAFF]


def test_staff_serve_people_and_only_admins_change_the_house():
    serving = {Permission.WALLETS_READ, Permission.WALLETS_CREDIT, Permission.WALLETS_MANAGE}
    assert ROLE_PERMISSIONS[Role.STAFF] == serving
    assert ROLE_PERMISSIONS[Role.ADMIN] == set(Permission)
    assert set(ROLE_PERMISSIONS) == set(Role)


@pytest.mark.parametrize(("hours", "works"), [(11.99, True), (12, False), (1000, False)])
def test_a_token_is_good_until_its_time_is_over(ledger, ada, clock, hours, works):
    token = _issue(clock)
    clock.advance(hours=hours)
    if works:
        assert _actor_of(ledger, token).name == "ada"
        return
    with pytest.raises(CredentialRefused):
        _actor_of(ledger, token)


def _unsigned(clock):
    claims = {"sub": "ada", "aud": "tapledger", "iat": clock.now(), "exp": clock.now() + LIFETIME}
    return jwt.encode(claims, None, algorithm="none")


def _with(clock, key=SECRET_KEY, **changed):
    claims = {"sub": "ada", "aud": "tapledger", "iat": clock.now(), "exp": clock.now() + LIFETIME} | changed
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None}, key, algorithm="HS256"
    )


FORGERIES = {
    "of another key": lambda clock: _issue(clock, key=OTHER_KEY),
    "unsigned": _unsigned,
    "for somebody else": lambda clock: _with(clock, aud="another service"),
    "for nobody": lambda clock: _with(clock, aud=None),
    "without an end": lambda clock: _with(clock, exp=None),
    "without a name": lambda clock: _with(clock, sub=None),
    "with a number for a name": lambda clock: _with(clock, sub=1),
    "without a beginning": lambda clock: _with(clock, iat=None),
    "cut off": lambda clock: _issue(clock)[:-2],
    "with another name in it": lambda clock: ".".join(
        [*_issue(clock).split(".")[:1], *_issue(clock, "root").split(".")[1:2], *_issue(clock).split(".")[2:]]
    ),
    "empty": lambda clock: "",
    "no token at all": lambda clock: "a.b.c",
    "of half a character": lambda clock: "\ud800",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_is_nobody(ledger, ada, clock, forge):
    with pytest.raises(CredentialRefused):
        _actor_of(ledger, forge(clock))


def test_a_token_of_an_operator_who_has_left_is_nobody(ledger, ada, clock):
    token = _issue(clock)
    with raw_connection(ledger) as connection:
        connection.execute("UPDATE operators SET is_active = false")
    with pytest.raises(CredentialRefused):
        _actor_of(ledger, token)
    with pytest.raises(OperatorUnknown):
        ledger.read(find_operator, username="ada")


def test_a_token_of_an_operator_who_never_was_is_nobody(ledger, ada, clock):
    with pytest.raises(CredentialRefused):
        _actor_of(ledger, _issue(clock, "bob"))


def test_an_operator_is_found_by_name(ledger, ada):
    assert ledger.read(find_operator, username="ada") == ada
    for unknown in ("bob", "", "\ud800"):
        with pytest.raises(OperatorUnknown):
            ledger.read(find_operator, username=unknown)


def test_a_name_is_given_once(ledger, ada, operator):
    before = contents(ledger)
    with pytest.raises(OperatorExists):
        ledger.run(add_operator, actor=operator, username="ada", role=Role.ADMIN)
    assert contents(ledger) == before


@pytest.mark.parametrize("name", ["", "a b", "ädä", "a" * 65, "ada\n", "a:b", "a/b", "\ud800"])
def test_a_name_fits_into_an_audit_trail(ledger, operator, name):
    with pytest.raises(InvalidOperatorName) as refused:
        ledger.run(add_operator, actor=operator, username=name, role=Role.STAFF)
    assert list(refused.value.fields) == ["username"]
