"""A lossy network in front of the ledger: each debit is booked once, whatever becomes of its requests."""

from __future__ import annotations

import pytest

from benchmarks.faults.network import storm
from benchmarks.faults.proxy import CHANCES
from tests.conftest import BOTH_DATABASES


@pytest.mark.parametrize("database", BOTH_DATABASES)
def test_dropped_doubled_and_late_requests_book_once(database):
    came = storm(database, 120, seed=4)
    assert came.findings == []
    assert set(CHANCES) <= set(came.fates)
