"""Books to move from either database, and empty places in either database to move them to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger.service import Ledger
from ledger.storage.database import Database, open_database
from tests.conftest import BOTH_DATABASES
from tests.factories import ledgers
from tests.factories.evenings import play_evening
from tests.factories.shelves import Shelf, shelf_on
from tests.factories.terminals import Installed


@pytest.fixture(params=BOTH_DATABASES)
def database_name(request: pytest.FixtureRequest) -> str:
    """Return on which database the books are that are moved."""
    return request.param


@pytest.fixture
def terminal(ledger: Ledger) -> Installed:
    """Return the terminal of an evening that has been played."""
    return play_evening(ledger)


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, database_name: str, tmp_path: Path) -> Iterator[Shelf]:
    """Return where the books are moved to: the other database, unless both kinds are asked for."""
    (tmp_path / "elsewhere").mkdir()
    other = "sqlite" if database_name == "postgresql" else "postgresql"
    with shelf_on(getattr(request, "param", other), request, tmp_path / "elsewhere") as shelf:
        yield shelf


@pytest.fixture
def target(elsewhere: Shelf) -> Iterator[Database]:
    """Give an empty database, not even migrated."""
    with closing(open_database(elsewhere.empty())) as database:
        yield database


@contextmanager
def ledger_on(database: Database) -> Iterator[Ledger]:
    """Open the ledger on a database that books were brought into; they must be whole at the end."""
    url = database.engine.url.render_as_string(hide_password=False)
    with ledgers.opened_ledger(url) as opened:
        yield opened
        assert not ledgers.broken_proofs(opened)
