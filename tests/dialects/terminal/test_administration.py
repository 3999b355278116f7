"""Creating terminals (X-12) and rolling their tokens (X-11), by operators."""

from __future__ import annotations

import pytest

from ledger.domain.devices.offline import grant_offline
from ledger.domain.devices.records import OfflineAllowanceRecord
from ledger.foundation.actor import operator_on_this_machine
from tests.conftest import BOTH_DATABASES
from tests.dialects.terminal.refusals import assert_refused
from tests.factories.terminals import install
from tests.web.applications import Caller, nothing_is_written

KIOSK = {
    "id": "kiosk",
    "friendly_name": "Kiosk",
    "permission": "debit",
    "products": [{"id": "tea", "friendly_name": "Tea", "price": 80}],
}


def test_a_new_terminal_shows_its_token_and_works_with_it(admin, app):
    answer = admin.post("/pos/terminals", KIOSK)
    assert answer.status_code == 201
    data = answer.json["data"]
    api_token = data.pop("api_token")
    assert data == KIOSK
    assert Caller(app, api_token).get("/pos/terminal").json == {"data": KIOSK}


def test_a_terminal_may_sell_nothing(admin):
    answer = admin.post("/pos/terminals", {name: KIOSK[name] for name in KIOSK if name != "products"})
    assert (answer.status_code, answer.json["data"]["products"]) == (201, [])


def test_rolling_shows_the_new_token_once_and_ends_the_old_one(admin, app):
    old = admin.post("/pos/terminals", KIOSK).json["data"]["api_token"]
    rolled = admin.post("/pos/terminals/kiosk/roll-token")
    assert rolled.status_code == 200
    data = rolled.json["data"]
    new = data.pop("api_token")
    assert data == KIOSK
    assert Caller(app, old).get("/pos/terminal").status_code == 401
    assert Caller(app, new).get("/pos/terminal").json == {"data": KIOSK}


def test_a_taken_id_is_refused_and_its_token_lives_on(admin, app, ledger):
    token = install(ledger, "kiosk").api_token
    with nothing_is_written(ledger):
        assert_refused(admin.post("/pos/terminals", KIOSK), 400, "terminal_exists")
    assert Caller(app, token).get("/pos/terminal").status_code == 200


@pytest.mark.parametrize("database_name", BOTH_DATABASES, indirect=True)
@pytest.mark.parametrize("slug", ["nowhere", "%00", "x" * 5000, "%ED%A0%80"])
def test_an_unknown_terminal_is_not_rolled(admin, ledger, slug):
    with nothing_is_written(ledger):
        refused = admin.post(f"/pos/terminals/{slug}/roll-token")
    assert_refused(refused, 404, "terminal_unknown")


def test_a_product_keeps_the_name_that_it_has(admin, ledger):
    install(ledger)
    renamed = KIOSK | {"products": [{"id": "espresso", "friendly_name": "Ristretto", "price": 25}]}
    with nothing_is_written(ledger):
        assert_refused(admin.post("/pos/terminals", renamed), 400, "product_named_differently")


def test_an_assortment_names_a_product_once(admin, ledger):
    twice = KIOSK | {"products": KIOSK["products"] * 2}
    with nothing_is_written(ledger):
        assert_refused(admin.post("/pos/terminals", twice), 400, "product_listed_twice")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"id": ""}, "invalid", "id"),
        ({"id": "x" * 65}, "invalid", "id"),
        ({"id": "Kiosk"}, "invalid_terminal", "id"),
        ({"id": "ki osk"}, "invalid_terminal", "id"),
        ({"id": "../kiosk"}, "invalid_terminal", "id"),
        ({"id": 7}, "invalid", "id"),
        ({"friendly_name": " Kiosk"}, "invalid_terminal", "friendly_name"),
        ({"friendly_name": "Kio\nsk"}, "invalid_terminal", "friendly_name"),
        ({"friendly_name": ""}, "invalid", "friendly_name"),
        ({"friendly_name": "x" * 65}, "invalid", "friendly_name"),
        ({"friendly_name": "\ud800"}, "invalid", "friendly_name"),
        ({"permission": "everything"}, "invalid", "permission"),
        ({"permission": None}, "invalid", "permission"),
        ({"permission": ["debit"]}, "invalid", "permission"),
        ({"products": {}}, "invalid", "products"),
        ({"products": ["tea"]}, "invalid", "products.0"),
        ({"products": [{"id": "tea", "friendly_name": "Tea"}]}, "invalid", "products.0.price"),
        ({"products": [{"id": "tea", "friendly_name": "Tea", "price": 0}]}, "invalid", "products.0.price"),
        ({"products": [{"id": "tea", "friendly_name": "Tea", "price": 0.5}]}, "invalid", "products.0.price"),
        ({"products": [{"id": "tea", "friendly_name": "Tea", "price": "80"}]}, "invalid", "products.0.price"),
        ({"products": [{"id": "T", "friendly_name": "Tea", "price": 80}]}, "invalid_product", "id"),
    ],
    ids=repr,
)
def test_a_malformed_terminal_is_refused(admin, ledger, changes, code, field):
    with nothing_is_written(ledger):
        assert_refused(admin.post("/pos/terminals", KIOSK | changes), 400, code, field)


@pytest.mark.parametrize("name", ["id", "friendly_name", "permission"])
def test_a_terminal_has_an_id_a_name_and_a_permission(admin, ledger, name):
    with nothing_is_written(ledger):
        refused = admin.post("/pos/terminals", {key: KIOSK[key] for key in KIOSK if key != name})
    assert_refused(refused, 400, "invalid", name)


def test_a_terminal_is_told_what_it_may_sell_offline(app, ledger):
    kiosk = Caller(app, install(ledger, "kiosk").api_token)
    assert "offline" not in kiosk.get("/pos/terminal").json["data"]
    limits = OfflineAllowanceRecord(per_token_cents=200, in_sum_cents=2000, count=20, hours=48)
    operator = operator_on_this_machine()
    ledger.run(grant_offline, actor=operator, slug="kiosk", allowance=limits)
    granted = kiosk.get("/pos/terminal").json["data"]["offline"]
    assert granted == {"per_token": 200, "in_sum": 2000, "count": 20, "hours": 48}
