"""A fresh ledger for the command, and the audit after each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.factories import ledgers


@pytest.fixture
def command(request: pytest.FixtureRequest, migrated_template: Path, tmp_path: Path) -> Iterator[Command]:
    """Give the `tapledger` command with a migrated, empty ledger; its books must be whole at the end."""
    books = tmp_path / "books.db"
    shutil.copyfile(migrated_template, books)
    yield Command(books)
    if request.node.get_closest_marker("tampered") is None:
        with ledgers.opened_ledger(books) as ledger:
            assert not ledgers.broken_proofs(ledger)
