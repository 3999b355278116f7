"""Bad input at the command line: one clear line, exit status 2, and nothing booked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.factories import ledgers, wallets

UID = "04A2246B7E1190"
TERMINAL = ("terminal", "add", "coffee", "--name", "Coffee", "--permission", "debit")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nonsense",), "No such command"),
        (("wallet", "show", "nobody"), "neither a wallet nor a token"),
        (("wallet", "show"), "Missing argument"),
        (("wallet", "top-up", UID, "0", "--description", "x"), "whole number of cents"),
        (("wallet", "top-up", UID, "5.00", "--description", "x"), "500 for 5.00"),
        (("wallet", "top-up", UID, "--", "-5", "--description", "x"), "whole number of cents"),
        (("wallet", "top-up", UID, "１００", "--description", "x"), "whole number of cents"),
        (("wallet", "top-up", UID, "100000001", "--description", "x"), "whole number of cents"),
        (("wallet", "top-up", UID, "9" * 5000, "--description", "x"), "whole number of cents"),
        (("wallet", "top-up", UID, "5"), "Missing option '--description'"),
        (("wallet", "top-up", UID, "5", "--description", ""), "1 to 255 characters"),
        (("wallet", "top-up", UID, "5", "--description", "x" * 256), "1 to 255 characters"),
        (("wallet", "open", "--token", UID), "already paired"),
        (("wallet", "open", "--token", ""), "1 to 64 printable characters"),
        (("wallet", "open", "--token", "08112233"), "new number at every tap"),
        (("wallet", "open", "--overdraft", "-1"), "--overdraft"),
        (("wallet", "reverse", "txn_x", "--description", "x"), "no such transaction"),
        (("wallet", "replace", "nobody", "04FF"), "neither a wallet nor a token"),
        (("wallet", "unpair", "04FF"), "not paired"),
        (("terminal", "roll", "nobody"), "no terminal"),
        ((*TERMINAL[:-1], "everything"), "--permission"),
        ((*TERMINAL, "--product", "espresso"), "ID:NAME:CENTS"),
        ((*TERMINAL, "--product", "espresso:Espresso:free"), "whole number of cents"),
        ((*TERMINAL, "--product", "Espresso:Espresso:5"), "no id"),
        ((*TERMINAL, "--product", "a:A:5", "--product", "a:A:5"), "once"),
        (("terminal", "add", "Coffee!", "--name", "x", "--permission", "debit"), "small letters"),
        (("serve", "--port", "70000"), "--port"),
        (("sim", "tap", "nobody", UID), "nobody"),
    ],
)
def test_bad_input_is_refused_in_one_line_and_books_nothing(
    command: Command, words: tuple[str, ...], says: str
):
    with ledgers.opened_ledger(command.books) as ledger:
        wallets.open_wallet(ledger, token_id=UID)
        before = ledgers.contents(ledger)
        assert says in command.refused(*words)
        assert ledgers.contents(ledger) == before


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "SQLAlchemy URL"),
        ("mysql://localhost/x", "SQLite file"),
        ("sqlite://", "SQLite file"),
        ("sqlite:////proc/nowhere/books.db", "cannot be written"),
    ],
)
def test_a_database_that_cannot_be_is_said_in_one_line(command: Command, url: str, says: str):
    assert says in command.refused("db", "upgrade", TAPLEDGER_DATABASE_URL=url)


def test_a_database_without_schema_says_what_to_run(command: Command, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/folder/new.db"
    for words in (("audit",), ("serve",), ("restore", "nothing.db")):
        for given in ({}, {"TAPLEDGER_SECRET_KEY": "k" * 32}):
            said = command.refused(*words, TAPLEDGER_DATABASE_URL=url, **given)
            assert ("tapledger db upgrade" if words[0] != "restore" else "There is no file") in said
    assert not (tmp_path / "folder").exists()
    assert command.run("db", "upgrade", TAPLEDGER_DATABASE_URL=url).returncode == 0
    assert command.run("audit", TAPLEDGER_DATABASE_URL=url).returncode == 0


def test_a_file_that_is_no_database_is_not_touched(command: Command, tmp_path: Path):
    diary = tmp_path / "diary.txt"
    diary.write_text("Dear diary, today I bought a coffee.\n" * 9)
    command.refused("db", "upgrade", TAPLEDGER_DATABASE_URL=f"sqlite:///{diary}")
    assert diary.read_text().startswith("Dear diary")


def test_settings_that_cannot_be_name_themselves(command: Command):
    assert "TAPLEDGER_TIME_ZONE" in command.refused("audit", TAPLEDGER_TIME_ZONE="Mars/Olympus")
    assert "TAPLEDGER_CURRENCY" in command.refused("audit", TAPLEDGER_CURRENCY="euro")


def test_a_key_file_that_was_emptied_is_named(command: Command):
    Path(f"{command.books}.key").write_text("")
    assert "books.db.key" in command.refused("audit")
    assert "TAPLEDGER_SECRET_KEY" in command.refused("audit", TAPLEDGER_SECRET_KEY="short")


def test_the_signing_key_is_drawn_once_and_private(command: Command):
    command.data("user", "add", "anna", "--role", "admin")
    key = Path(f"{command.books}.key")
    drawn = key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    command.data("user", "token", "anna")
    assert key.read_text() == drawn


def test_a_real_process_ends_with_status_2_as_well(command: Command):
    ended = command.run("wallet", "show", "nobody")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "tapledger: 'nobody' is neither a wallet nor a token that is paired with one.\n"
