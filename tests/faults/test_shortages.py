"""No room, no right to write, no connection, no true clock: refused in words, and nothing is lost."""

from __future__ import annotations

import pytest

from benchmarks.faults.clocks import jump
from benchmarks.faults.connections import exhaust
from benchmarks.faults.disk import fill_by_limit, forbid_writing
from benchmarks.faults.receipts import CREATED, UNAVAILABLE
from tests.conftest import BOTH_DATABASES


def test_files_that_cannot_grow_refuse_debits_until_they_can(tmp_path):
    came = fill_by_limit(tmp_path)
    assert came.findings == []
    assert came.statuses[UNAVAILABLE] and came.statuses[CREATED]


def test_a_write_protected_database_says_so_and_is_readable(tmp_path):
    came = forbid_writing(tmp_path)
    assert came.findings == []
    assert any("write-protected" in said for said in came.words)


def test_no_connection_left_is_refused_until_there_is_one():
    statuses, findings = exhaust(1)
    assert findings == []
    assert statuses[UNAVAILABLE]


@pytest.mark.parametrize("database", BOTH_DATABASES)
def test_a_clock_that_jumps_changes_no_order_and_ends_nothing_early(database):
    statuses, findings = jump(database, 1)
    assert findings == []
    assert statuses[CREATED]
