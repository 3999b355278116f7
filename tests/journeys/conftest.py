"""A ledger that is served on each database, and an empty bench for each journey; the audit follows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from terminal_sim import Bench
from tests.cli.conftest import command  # noqa: F401 (a fixture)
from tests.conftest import BOTH_DATABASES
from tests.factories import ledgers
from tests.factories.shelves import shelf_on
from tests.journeys.world import Premises, World
from tests.web.servers import served


@pytest.fixture(scope="package", params=BOTH_DATABASES)
def premises(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Give a running ledger on each database in turn; journeys share it and never meet another's people."""
    with (
        shelf_on(request.param, request, tmp_path_factory.mktemp("premises")) as shelf,
        ledgers.opened_ledger(shelf.migrated()) as ledger,
        served(ledger, workers=1) as server,
    ):
        yield Premises(ledger, server.url)


@pytest.fixture
def world(premises: Premises) -> Iterator[World]:
    """Give a world with nobody in it; whatever happened there, the books must be whole at the end."""
    with Bench(seed=7) as bench:
        yield World(premises, bench)
    broken = ledgers.broken_proofs(premises.ledger)
    assert not broken, f"the books are not whole after this journey: {broken}"
