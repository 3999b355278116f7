"""Every speaker in turn, each over a fresh ledger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from ledger.app import DIALECTS
from ledger.service import Ledger
from ledger.web.dialect import Dialect
from tests.conftest import BOTH_DATABASES
from tests.contract.speakers import SPEAKERS
from tests.contract.speakers.speaker import Speaker
from tests.web.applications import opened_app


@pytest.fixture(params=BOTH_DATABASES)
def database_name(request: pytest.FixtureRequest) -> str:
    """Return each database in turn: what holds on one holds on the other."""
    return request.param


@pytest.fixture
def app(ledger: Ledger) -> Iterator[Flask]:
    """Return the application on the test's ledger."""
    with opened_app(ledger) as app:
        yield app


@pytest.fixture(params=SPEAKERS, ids=lambda speaker: speaker.dialect)
def speaker(request: pytest.FixtureRequest, ledger: Ledger, app: Flask) -> Speaker:
    """Return a speaker with its callers and its wallet."""
    return request.param(ledger, app)


@pytest.fixture
def dialect(speaker: Speaker) -> Dialect:
    """Return the dialect that the speaker speaks."""
    return next(dialect for dialect in DIALECTS if dialect.name == speaker.dialect)
