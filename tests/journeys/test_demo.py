"""The demo itself, as a newcomer runs it."""

from __future__ import annotations

import re

from tests.cli.command import Command


def test_the_demo_tells_its_story_and_ends_with_whole_books(command: Command):
    ended = command.run("demo")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    said = ended.stdout
    for promise in (
        "3.50 EUR credited",
        "Enjoy your Espresso!",
        "Top up first",
        "Being checked",
        "10.00 EUR booked",
        "the books are whole",
    ):
        assert promise in said
    assert re.search(r"answer dropped, heard nothing\n.*heard 202", said)
    anna, ben = re.findall(r"^wal_\w{16} of (?:anna|ben).*?(?=\n\n)", said, re.S | re.M)
    assert "balance 1.10 EUR" in anna
    assert anna.count("-1.20 EUR  Espresso") == 2
    assert "balance 10.30 EUR" in ben


def test_the_demo_leaves_the_ledger_of_the_settings_alone(command: Command):
    before = command.books.read_bytes()
    assert command.run("demo").returncode == 0
    assert command.books.read_bytes() == before
    assert (command.books.parent / "var" / "demo" / "books.db").exists()
