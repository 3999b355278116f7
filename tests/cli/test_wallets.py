"""Wallets at the command line: open, show, top up, pair, replace, block, reverse."""

from __future__ import annotations

from tests.cli.command import Command

UID, NEW_UID = "04:A2:24:6B:7E:11:90", "04B1C2D3E4F506"


def test_a_wallet_is_opened_topped_up_and_shown(command: Command):
    opened = command.data("wallet", "open", "--token", UID, "--user", "anna")
    assert (opened["balance"], opened["user"], opened["token"]) == (0, "anna", UID)

    topped_up = command.data("wallet", "top-up", UID, "1000", "--description", "Cash at the desk")
    assert topped_up["balance"] == 1000

    by_code = command.data("wallet", "show", opened["wallet"])
    by_token = command.data("wallet", "show", UID.replace(":", "").lower())
    assert by_code["balance"] == by_token["balance"] == 1000
    [line] = by_code["transactions"]
    assert (line["amount"], line["description"], line["terminal"]) == (1000, "Cash at the desk", None)


def test_a_statement_reads_well_without_json(command: Command):
    command.data("wallet", "open", "--token", UID, "--user", "anna")
    command.data("wallet", "top-up", UID, "1050", "--description", "Cash at the desk")
    shown = command.run("wallet", "show", UID).stdout
    assert f"of anna, token {UID}" in shown
    assert "balance 10.50 EUR" in shown
    assert "Cash at the desk  (by hand)" in shown


def test_a_lost_token_is_replaced_and_refused_afterwards(command: Command):
    command.data("wallet", "open", "--token", UID)
    replaced = command.data("wallet", "replace", UID, NEW_UID)
    assert replaced["token"] == NEW_UID
    assert "blocked" in command.refused("wallet", "show", UID)


def test_a_blocked_token_comes_back_by_unpairing_and_pairing(command: Command):
    opened = command.data("wallet", "open", "--token", UID)
    assert command.data("wallet", "block", UID)["token"] is None
    assert command.data("wallet", "unpair", UID)["wallet"] == opened["wallet"]
    assert command.data("wallet", "pair", opened["wallet"], UID)["token"] == UID


def test_a_mistaken_top_up_is_undone_by_a_new_transaction(command: Command):
    command.data("wallet", "open", "--token", UID)
    [mistake] = command.data("wallet", "top-up", UID, "5000", "--description", "typo")["transactions"]
    undone = command.data("wallet", "reverse", mistake["id"], "--description", "Typing mistake")
    assert undone["balance"] == 0
    assert [line["amount"] for line in undone["transactions"]] == [-5000, 5000]
    assert "already been reversed" in command.refused(
        "wallet", "reverse", mistake["id"], "--description", "x"
    )


def test_a_pairing_code_is_legible_and_names_its_end(command: Command):
    opened = command.data("wallet", "open")
    issued = command.data("wallet", "pairing-code", opened["wallet"])
    assert len(issued["pairing_code"]) == 8
    assert not set(issued["pairing_code"]) & set("0O1IL")
    assert issued["expires_at"].endswith("+00:00")
