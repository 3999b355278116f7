"""The application's routes under /pos against the published and the implied endpoints."""

from __future__ import annotations

import re

from flask import Flask

from tests.dialects.terminal.documents import published

# What we add to the published API (ledger/dialects/terminal/README.md), and the document of it all.
OURS = {
    ("POST", "/pos/batches"),
    ("POST", "/pos/transactions/{}/reverse"),
    ("POST", "/pos/wallets/token/{}/holds"),
    ("POST", "/pos/holds/{}/capture"),
    ("POST", "/pos/holds/{}/release"),
    ("POST", "/pos/pairing"),
    ("POST", "/pos/pairing/claim"),
    ("GET", "/pos/firmware"),
    ("GET", "/pos/firmware/files/{}"),
    ("GET", "/pos/openapi.json"),
    ("GET", "/pos/docs"),
}


def routes(app: Flask) -> set[tuple[str, str]]:
    """Return method and path of each route under /pos, its parameters written {}."""
    found = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/pos")]
    return {
        (method, re.sub(r"<[^>]+>", "{}", rule.rule))
        for rule in found
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_each_endpoint_has_its_route_and_each_route_its_endpoint(app):
    endpoints = published("endpoints.json")["endpoints"]
    assert [row["id"] for row in endpoints] == ["S1-01", "S1-02", "S1-03", "X-09", "X-10", "X-11", "X-12"]
    named = {(row["method"], re.sub(r"<[^>]+>|\{[^}]+\}", "{}", row["path"])) for row in endpoints}
    assert routes(app) == named | OURS


def test_every_route_answers_with_a_trailing_slash_too(coffee_machine, wallet):
    # The known client sends one (TRAPS.md T-23).
    path = "/pos/wallets/token/04A2247E/transactions/"
    assert coffee_machine.post(path, {"amount": -1, "description": "x"}).status_code == 201
    assert coffee_machine.get("/pos/terminal/").status_code == 200
    assert coffee_machine.get("/pos/wallets/token/04A2247E/").status_code == 200
    assert coffee_machine.get(f"/pos/wallets/{wallet.code}/").status_code == 200


def test_the_two_uses_of_wallets_do_not_hide_each_other(coffee_machine):
    assert coffee_machine.get("/pos/wallets/token").json["code"] == "wallet_unknown"
    assert coffee_machine.get("/pos/wallets/token/FF").json["code"] == "token_not_paired"
