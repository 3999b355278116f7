"""The audit of large books: in ranges, with bounded findings, and it says how far it is."""

from __future__ import annotations

import pytest

from benchmarks import volume
from benchmarks.volume import fill
from ledger.domain.audit.queries import audit
from ledger.storage import proof
from tests.factories.ledgers import tampering
from tests.factories.seals import seal


@pytest.fixture
def filled(ledger, monkeypatch):
    """Return a ledger with some hundred postings, filled by forty and walked in ranges of seven."""
    monkeypatch.setattr(volume, "CHUNK_POSTINGS", 40)
    monkeypatch.setattr(proof, "SPAN_ROWS", 7)
    fill(ledger, postings=210, wallets=5)
    return ledger


def test_what_the_benchmarks_fill_in_is_whole_range_by_range(filled):
    seal(filled)
    proofs = filled.read(audit)
    assert [proof for proof in proofs if not proof.holds] == []
    assert {proof.invariant: proof.checked for proof in proofs} == {
        **dict.fromkeys(("W0", "W2", "W4", "W6"), 215),
        **dict.fromkeys(("W1", "W3", "W7"), 5),
        "W8": 0,
        "W5": 210,
    }


def test_the_pass_tells_how_far_it_has_come(filled):
    told = []
    filled.read(audit, progress=lambda what, done, total: told.append((done, total)))
    assert told == sorted(told)
    assert len({total for _, total in told}) == 1
    assert told[-1][0] == told[-1][1]


@pytest.mark.tampered
def test_of_many_contradictions_some_are_told_and_the_others_counted(filled):
    with tampering(filled) as connection:
        connection.execute("UPDATE postings SET terminal_id = NULL")
    [broken] = [proof for proof in filled.read(audit) if proof.invariant == "W6"]
    assert (len(broken.findings), broken.more) == (proof.FINDINGS_SHOWN, 210 - proof.FINDINGS_SHOWN)


@pytest.mark.tampered
def test_a_wrong_balance_is_found_whatever_range_it_is_in(filled):
    with tampering(filled) as connection:
        connection.execute("UPDATE postings SET amount_cents = amount_cents + 1 WHERE id IN (30, 214)")
    [broken] = [proof for proof in filled.read(audit) if proof.invariant == "W1"]
    assert len(broken.findings) == 2
