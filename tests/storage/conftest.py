"""Every test of the storage runs on both databases, unless it is about one of them."""

from __future__ import annotations

import pytest

from tests.conftest import BOTH_DATABASES


@pytest.fixture(params=BOTH_DATABASES)
def database_name(request: pytest.FixtureRequest) -> str:
    """Return each database in turn: what holds on one holds on the other."""
    return request.param
