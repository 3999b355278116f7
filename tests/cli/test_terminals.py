"""Terminals at the command line: adding, listing, rolling, and the audit that follows."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.cli.command import Command

ADD = ("terminal", "add", "coffee", "--name", "Coffee machine", "--permission", "debit")


def test_a_terminal_is_added_with_what_it_sells_and_its_token_is_shown_once(command: Command):
    added = command.data(*ADD, "--product", "espresso:Espresso: 25:25", "--product", "tea:Tea:150")
    assert added["products"] == [
        {"id": "espresso", "friendly_name": "Espresso: 25", "price": 25},
        {"id": "tea", "friendly_name": "Tea", "price": 150},
    ]
    assert len(added["api_token"]) == 43
    [listed] = command.data("terminal", "list")
    assert "api_token" not in listed
    assert listed["products"] == added["products"]


def test_a_rolled_token_is_another_one(command: Command):
    first = command.data(*ADD)["api_token"]
    assert command.data("terminal", "roll", "coffee")["api_token"] != first


def test_an_empty_list_says_what_to_do(command: Command):
    assert "tapledger terminal add" in command.run("terminal", "list").stdout


def test_the_audit_succeeds_on_whole_books(command: Command):
    command.data("wallet", "open", "--token", "04A2246B7E1190")
    command.data("wallet", "top-up", "04A2246B7E1190", "100", "--description", "x")
    ended = command.run("audit")
    assert ended.returncode == 0
    assert ended.stdout.endswith("the books are whole\n")


@pytest.mark.tampered
def test_the_audit_fails_with_status_1_and_names_the_proof(command: Command):
    command.data("wallet", "open", "--token", "04A2246B7E1190")
    with sqlite3.connect(command.books) as connection:
        connection.execute("UPDATE account_balances SET balance_cents = 5")
    connection.close()
    ended = command.run("audit")
    assert ended.returncode == 1
    assert "the books do NOT hold: W1" in ended.stdout
    assert "says 5 cents" in ended.stdout
    failed = [proof["invariant"] for proof in _proofs(command) if proof["findings"]]
    assert failed == ["W1"]


def _proofs(command: Command) -> list[dict]:
    return json.loads(command.run("audit", "--json").stdout)


def test_an_operator_gets_a_token_only_when_known(command: Command):
    command.data("operator", "add", "anna", "--role", "admin")
    assert command.data("operator", "token", "anna")["token"].count(".") == 2
    assert "no operator" in command.refused("operator", "token", "ben")
    assert "already" in command.refused("operator", "add", "anna", "--role", "staff")
