"""A standby takes over from a killed primary: nothing that was answered is lost, if it was synchronous."""

from __future__ import annotations

from benchmarks.faults.failover import ASYNCHRONOUS, SYNCHRONOUS, fail_over


def test_a_synchronous_standby_has_all_that_was_answered():
    assert fail_over(SYNCHRONOUS, debits=40).findings == []


def test_what_an_asynchronous_standby_has_lost_only_the_receipts_tell():
    came = fail_over(ASYNCHRONOUS, debits=40)
    assert came.broken_proofs == []
    assert came.lost
    assert any("is not in the books" in said for said in came.findings)
