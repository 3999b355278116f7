"""A real server for the tests of a module, patient or not."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.factories.ledgers import fresh_ledger
from tests.factories.terminals import install
from tests.factories.wallets import open_wallet
from tests.web.servers import served


@pytest.fixture(scope="module")
def address(migrated_template, tmp_path_factory) -> Iterator[tuple[str, str]]:
    """Serve a ledger with a wallet on it; returns the server's host and port, and a terminal's token."""
    path = tmp_path_factory.mktemp("connections") / "books.db"
    with fresh_ledger(migrated_template, path) as ledger:
        api_token = install(ledger).api_token
        open_wallet(ledger, balance_cents=1000)
        with served(ledger, workers=1) as server:
            yield urlsplit(server.url).netloc, api_token


@pytest.fixture(scope="module")
def hasty(migrated_template, tmp_path_factory) -> Iterator[tuple[str, str]]:
    """Serve as `address` does, without patience for who sends or reads slowly."""
    path = tmp_path_factory.mktemp("hasty") / "books.db"
    with fresh_ledger(migrated_template, path) as ledger:
        api_token = install(ledger).api_token
        open_wallet(ledger, balance_cents=1000)
        with served(ledger, workers=1, door="hasty") as server:
            yield urlsplit(server.url).netloc, api_token
