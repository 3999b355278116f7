"""Holds at the command line: shown, listed, released, and closed when they are over."""

from __future__ import annotations

import pytest

from ledger.domain.holds.commands import capture, reserve
from ledger.foundation.clock import SystemClock
from tests.cli.command import Command
from tests.factories import ledgers, terminals, wallets

UID = "04A2247E"
ABOUT = {"token_id": UID, "description": "Crisps"}


@pytest.fixture
def held(command: Command) -> dict[str, str]:
    """Return the codes of a wallet's hold that is open, one that is over, and one that was captured."""
    with ledgers.opened_ledger(command.books) as ledger:
        wallets.open_wallet(ledger, UID, balance_cents=1000)
        actor = terminals.install_coffee_machine(ledger).actor
        taken = ledger.run(reserve, actor=actor, amount_cents=50, **ABOUT).answer.hold.code
        ledger.run(capture, actor=actor, hold_code=taken)
        # The command line goes by the machine's clock; the factories' stands in the past.
        over = ledger.run(reserve, actor=actor, amount_cents=70, **ABOUT).answer.hold.code
    with ledgers.opened_ledger(command.books, clock=SystemClock()) as ledger:
        life = {"amount_cents": 300, "expires_in_s": 3600}
        waiting = ledger.run(reserve, actor=actor, **life, **ABOUT).answer.hold.code
    return {"open": waiting, "over": over, "captured": taken}


def test_a_wallet_shows_what_is_held_of_it(command: Command, held):
    shown = command.data("wallet", "show", UID)
    assert (shown["balance"], shown["held"]) == (950, 300)
    assert "balance 9.50 EUR, 3.00 EUR of it held" in command.run("wallet", "show", UID).stdout


def test_open_holds_are_listed(command: Command, held):
    listed = command.data("holds", "list", UID)
    assert listed == command.data("holds", "list")
    assert [(row["id"], row["amount"], row["is_overdue"]) for row in listed["holds"]] == [
        (held["over"], 70, True),
        (held["open"], 300, False),
    ]
    text = command.run("holds", "list").stdout
    assert "3.00 EUR" in text
    assert text.count("(over)") == 1


def test_a_hold_is_released_by_hand_once(command: Command, held):
    said = command.run("holds", "release", held["open"]).stdout
    assert said.startswith(f"{held['open']} is released: 3.00 EUR of wal_")
    assert command.data("holds", "release", held["open"])["was_closed"] is True
    assert command.data("wallet", "show", UID)["held"] == 0


def test_what_is_over_is_closed(command: Command, held):
    assert command.run("holds", "expire").stdout == "overdue holds closed: 1\n"
    assert command.data("holds", "expire") == {"expired": 0}
    assert [row["id"] for row in command.data("holds", "list")["holds"]] == [held["open"]]


def test_nothing_held_is_said(command: Command):
    assert command.run("holds", "list").stdout == "nothing is held\n"


def test_what_cannot_be_released_is_refused_in_one_line(command: Command, held):
    assert "has been captured" in command.refused("holds", "release", held["captured"])
    assert "no such hold" in command.refused("holds", "release", "hld_nobody")
    assert "neither a wallet nor a token" in command.refused("holds", "list", "nobody")


def test_a_reversal_that_needs_what_is_held_says_so(command: Command, held):
    top_up = command.data("wallet", "show", UID)["transactions"][-1]["id"]
    said = command.refused("wallet", "reverse", top_up, "--description", "Mistake")
    assert "Only 650 cents are available" in said
