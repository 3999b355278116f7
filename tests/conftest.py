"""What every test may ask for: a fresh ledger, held time, an operator; and the audit after each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from ledger.foundation.actor import Actor, operator_on_this_machine
from ledger.foundation.clock import HeldClock
from ledger.service import Ledger
from tests.factories import ledgers
from tests.factories.shelves import PostgreSQLServer, Shelf, running_postgresql, shelf_on

BOTH_DATABASES = ("sqlite", "postgresql")

# A busy machine is not a slow test: only the number of examples bounds a property.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known, and let the commands that are started find what was compiled before."""
    # Each of several hundred would compile the whole house again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    config.addinivalue_line("markers", "tampered: the test breaks the books on purpose; no audit follows it")


@pytest.fixture(scope="session")
def migrated_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty, migrated SQLite file; each fresh ledger is a copy of it."""
    return ledgers.migrate(tmp_path_factory.mktemp("template") / "books.db")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """Return a real PostgreSQL server; that there is none is a failure, never a skip."""
    with running_postgresql() as server:
        yield server


@pytest.fixture
def database_name(request: pytest.FixtureRequest) -> str:
    """Return which database the test's books are on; where both matter, this is parametrised."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def shelf(request: pytest.FixtureRequest, database_name: str, tmp_path: Path) -> Iterator[Shelf]:
    """Return where the test gets its databases from."""
    with shelf_on(database_name, request, tmp_path) as shelf:
        yield shelf


@pytest.fixture
def clock() -> HeldClock:
    """Return the clock of the test's ledger."""
    return ledgers.held_clock()


@pytest.fixture
def operator() -> Actor:
    """Return somebody who may do everything."""
    return operator_on_this_machine()


@pytest.fixture
def ledger(request: pytest.FixtureRequest, shelf: Shelf, clock: HeldClock) -> Iterator[Ledger]:
    """Give a fresh ledger; whatever the test did, its books must be whole at the end."""
    with ledgers.opened_ledger(shelf.migrated(), clock=clock) as fresh:
        ledgers.forget_durability(fresh)
        yield fresh
        if request.node.get_closest_marker("tampered") is None:
            broken = ledgers.broken_proofs(fresh)
            assert not broken, f"the books are not whole after this test: {broken}"
