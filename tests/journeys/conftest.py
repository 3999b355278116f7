"""A ledger that is served, and an empty bench for each journey; the audit follows it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest

from terminal_sim import Bench
from tests.cli.conftest import command  # noqa: F401 (a fixture)
from tests.conftest import BOTH_DATABASES
from tests.factories import ledgers
from tests.factories.shelves import shelf_on
from tests.journeys.world import Premises, World
from tests.web.servers import served


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let half of the journeys be made on each database, the same ones each time.

    A device cannot tell them apart, and what the ledger promises is tested on both by its own tests.
    """
    chosen = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "premises" in metafunc.fixturenames and not any("premises" in names for names in chosen):
        database = BOTH_DATABASES[zlib.crc32(metafunc.function.__name__.encode()) % len(BOTH_DATABASES)]
        metafunc.parametrize("premises", [database], indirect=True)


@pytest.fixture(scope="package")
def premises(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    """Give a running ledger on one database; journeys share it and never meet another's people."""
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
