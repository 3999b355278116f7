"""A served ledger and an empty bench for each journey; the audit follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from terminal_sim import Bench
from tests.cli.command import Command
from tests.cli.conftest import command  # noqa: F401 (a fixture)
from tests.factories import ledgers
from tests.journeys.world import World, served


@pytest.fixture
def world(command: Command) -> Iterator[World]:  # noqa: F811
    """Give a world with a running ledger and nobody in it."""
    with served(command) as url, ledgers.opened_ledger(command.books) as ledger, Bench(seed=7) as bench:
        yield World(ledger, url, bench)
