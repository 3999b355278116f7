"""`tapledger backup`, `restore`, `db copy` and `audit --receipts`, as people call them."""

from __future__ import annotations

import json
import os
import pty
import subprocess

import pytest

from tests.cli.command import TAPLEDGER
from tests.factories import ledgers
from tests.factories.evenings import KEYS, TOKEN, play_evening


@pytest.fixture
def filled(command):
    """Give the command with an evening in its books."""
    with ledgers.opened_ledger(command.books) as ledger:
        play_evening(ledger)
    return command


def test_a_backup_is_brought_back_by_the_command(filled, tmp_path):
    kept = filled.data("backup", "books.backup")
    ended = filled.run("restore", "books.backup", TAPLEDGER_DATABASE_URL=f"sqlite:///{tmp_path}/back.db")
    assert ended.returncode == 0, ended.stderr
    assert f"{kept['figures']['postings']} postings of {kept['figures']['moved_cents']} cents" in ended.stdout
    assert "operators sign in again" in ended.stdout
    assert ended.stderr == ""
    with ledgers.opened_ledger(tmp_path / "back.db") as back, ledgers.opened_ledger(filled.books) as ledger:
        assert ledgers.contents(back) == ledgers.contents(ledger)


def test_books_move_to_postgresql_and_home_again(filled, postgresql_server, tmp_path):
    name = postgresql_server.create(template="template0")
    url = postgresql_server.url(name)
    there = filled.data("db", "copy", f"sqlite:///{filled.books}", url)
    back = filled.data("db", "copy", url, f"sqlite:///{tmp_path}/home.db")
    postgresql_server.drop(name)
    assert there == back
    with ledgers.opened_ledger(tmp_path / "home.db") as home, ledgers.opened_ledger(filled.books) as ledger:
        assert ledgers.contents(home) == ledgers.contents(ledger)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("backup", "books.db", "--replace"), "belongs to the books themselves"),
        (("backup", "taken"), "exists already"),
        (("backup", "no/folder"), "No such file or directory"),
        (("restore", "nothing"), "no file nothing"),
        (("restore", "taken"), "is no backup"),
        (("db", "copy", "sqlite:///books.db", "sqlite:///books.db"), "same books"),
        (("db", "copy", "sqlite:///nothing.db", "sqlite:///new.db"), "no books in"),
        (("db", "copy", "mysql://db/books", "sqlite:///new.db"), "SOURCE_URL must name"),
        (("db", "copy", "sqlite:///books.db", "what is this"), "TARGET_URL is no SQLAlchemy URL"),
        (("db", "copy", "sqlite:///books.db", "postgresql://127.0.0.1:1/books"), "cannot be written"),
        (("audit", "--receipts", "nothing"), "does not exist"),
        (("audit", "--receipts", "taken"), "Line 1 of the receipts is no JSON"),
    ],
)
def test_what_cannot_be_kept_or_moved_is_refused_in_one_line(filled, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("something else")
    before = sorted(tmp_path.iterdir())
    assert says in filled.refused(*words)
    left = {path.name for path in tmp_path.iterdir()} - {path.name for path in before}
    assert {name for name in left if not name.startswith(("books.db", "new.db"))} == set()


def test_receipts_that_are_not_in_the_books_end_with_status_1(filled, tmp_path):
    told = {"terminal": "coffee_machine", "idempotency_key": KEYS[0], "status": 201, "token_id": TOKEN}
    lines = [told | {"amount": -100}, told | {"idempotency_key": "lost", "amount": -100}]
    (tmp_path / "told").write_text("\n".join(json.dumps(line) for line in lines[:1]) + "\n\n")
    assert filled.run("audit", "--receipts", "told").returncode == 0
    (tmp_path / "told").write_text("\n".join(json.dumps(line) for line in lines))
    ended = filled.run("audit", "--receipts", "told")
    assert ended.returncode == 1
    assert "line 2, coffee_machine, key lost: the books do not have it" in ended.stdout
    assert ended.stdout.endswith("the books do NOT hold: receipts\n")


def test_a_person_at_a_terminal_sees_how_far_it_is(filled):
    watched, stderr = pty.openpty()
    subprocess.run(
        [TAPLEDGER, "backup", "books.backup"],
        env={**filled.environment, "TERM": "xterm"},
        cwd=filled.books.parent,
        stdout=subprocess.PIPE,
        stderr=stderr,
        timeout=120,
        check=True,
    )
    seen = os.read(watched, 10_000).decode()
    assert "copying" in seen
    assert "100%" in seen
    os.close(watched)
    os.close(stderr)
