"""Terminals at the command line: adding, listing, rolling, and the audit that follows."""

from __future__ import annotations

import json
import sqlite3

import pytest

from ledger.domain.devices.pairing import offer_pairing, unpaired_device
from ledger.foundation.clock import SystemClock
from tests.cli.command import Command
from tests.factories import ledgers

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
    command.data("user", "add", "anna", "--role", "admin")
    assert command.data("user", "token", "anna")["token"].count(".") == 2
    assert "no operator" in command.refused("user", "token", "ben")
    assert "already" in command.refused("user", "add", "anna", "--role", "staff")


def test_a_new_device_is_paired_by_the_code_that_it_shows(command: Command):
    with ledgers.opened_ledger(command.books, clock=SystemClock()) as ledger:
        first, second = (
            ledger.run(offer_pairing, actor=unpaired_device(), install_id=install_id).answer
            for install_id in ("a1b2c3d4", "b1b2c3d4")
        )
    code = f"{first.code[:4]}-{first.code[4:]}".lower()
    details = ("--name", "Coffee", "--permission", "debit", "--product", "espresso:Espresso:25")
    paired = command.data("terminal", "pair", code, "coffee", *details)
    assert (paired["id"], [product["id"] for product in paired["products"]]) == ("coffee", ["espresso"])
    assert "api_token" not in paired
    said = command.run("terminal", "pair", second.code, "coffee").stdout
    assert "paired with coffee (Coffee, debit)" in said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("ABCD2345", "coffee", "--name", "C", "--permission", "debit"), "No device waits with this code"),
        (("ABCD2345", "coffee"), "There is no terminal of that id"),
        (("ABCD2345", "coffee", "--name", "C"), "needs --name and --permission"),
        (("ABCD2345", "coffee", "--product", "tea:Tea:5"), "needs --name and --permission"),
    ],
)
def test_what_cannot_be_paired_says_so_in_one_line(command: Command, arguments, complaint):
    ended = command.run("terminal", "pair", *arguments)
    assert ended.returncode != 0
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_offline_allowance_is_granted_and_taken_back(command: Command):
    command.data(*ADD)
    limits = ("--per-token", "200", "--in-sum", "2000", "--count", "20", "--hours", "48")
    granted = command.data("terminal", "offline", "coffee", *limits)
    assert granted["offline"] == {"per_token": 200, "in_sum": 2000, "count": 20, "hours": 48}
    assert "sells nothing without asking" in command.run("terminal", "offline", "coffee", "--none").stdout


@pytest.mark.parametrize("limits", [(), ("--hours", "48"), ("--none", "--hours", "48")])
def test_an_allowance_has_four_limits_or_none(command: Command, limits):
    command.data(*ADD)
    ended = command.run("terminal", "offline", "coffee", *limits)
    assert ended.returncode == 2
    assert "all four limits" in ended.stderr
