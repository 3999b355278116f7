"""A rewritten past shows: in the chain, or in a seal that was kept elsewhere."""

from __future__ import annotations

import pytest

from ledger.domain.audit.queries import audit
from ledger.domain.wallets.commands import debit
from tests.factories.ledgers import broken_proofs, rows, tampering
from tests.factories.seals import seal
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet

REBUILT_BALANCES = (
    "UPDATE account_balances SET balance_cents = "
    "(SELECT coalesce(sum(amount_cents), 0) FROM postings WHERE destination_id = account_id) - "
    "(SELECT coalesce(sum(amount_cents), 0) FROM postings WHERE source_id = account_id)"
)
DEBITS = "(SELECT command_id FROM postings WHERE kind = 'debit')"
NEWEST = "(SELECT max(id) FROM postings)"
# A thief without traces: each leaves W0 to W7 whole but for the seals.
REWRITTEN = {
    "cheaper": ["UPDATE postings SET amount_cents = 1 WHERE kind = 'debit'",
                f"UPDATE domain_events SET payload = '{{}}' WHERE command_id IN {DEBITS}"],
    "renamed": ["UPDATE postings SET description = 'Tea' WHERE id = 1"],
    "backdated": ["UPDATE postings SET recorded_at = '2020-01-01 00:00:00.000000+00:00' WHERE id = 2"],
    "deleted": [f"DELETE FROM domain_events WHERE command_id IN {DEBITS}",
                f"DELETE FROM postings WHERE id = {NEWEST}"],
}  # fmt: skip


@pytest.fixture
def sold(ledger):
    """Return a ledger with two sealed blocks: a top-up, then a debit."""
    open_wallet(ledger, balance_cents=500)
    kept = seal(ledger)
    actor = install(ledger).actor
    ledger.run(debit, actor=actor, token_id=TOKEN, amount_cents=120, description="Coffee")
    return ledger, [*kept, *seal(ledger)]


def _rewrite(ledger, statements):
    with tampering(ledger) as connection:
        for statement in (*statements, REBUILT_BALANCES):
            connection.execute(statement)


def _findings(ledger, exported=()):
    proofs = [proof for proof in ledger.read(audit, exported=exported) if not proof.holds]
    assert {proof.invariant for proof in proofs} <= {"W2"}, proofs
    return [finding for proof in proofs for finding in proof.findings]


def test_seals_that_were_kept_agree_with_whole_books(sold):
    ledger, kept = sold
    assert _findings(ledger, kept) == _findings(ledger, kept[:1]) == _findings(ledger, kept[1:]) == []


@pytest.mark.tampered
@pytest.mark.parametrize("statements", REWRITTEN.values(), ids=REWRITTEN)
def test_a_rewritten_posting_is_found_although_everything_else_was_rebuilt(sold, statements):
    ledger, _ = sold
    _rewrite(ledger, statements)
    [finding] = _findings(ledger)
    number = 1 if "id = 1" in statements[0] else 2
    assert finding == f"postings {number} to {number} are not those that were sealed"


@pytest.mark.tampered
@pytest.mark.parametrize("statements", REWRITTEN.values(), ids=REWRITTEN)
def test_who_rewrites_the_seals_too_is_betrayed_by_the_one_that_was_kept(sold, statements):
    ledger, kept = sold
    _rewrite(ledger, [*statements, "DELETE FROM seals"])
    ledger.clock.advance(seconds=1)
    seal(ledger)
    assert _findings(ledger) == []
    [*_, finding] = _findings(ledger, kept[1:])
    assert finding.startswith("postings 1 to 2 are not those of the seal that was exported at 2021-10-31")


@pytest.mark.tampered
def test_an_older_seal_that_still_agrees_narrows_what_was_rewritten(sold):
    ledger, kept = sold
    _rewrite(ledger, [*REWRITTEN["cheaper"], "DELETE FROM seals WHERE to_posting_id = 2"])
    seal(ledger)
    [finding] = _findings(ledger, kept)
    assert finding.startswith("postings 2 to 2 are not those of the seal that was exported")


@pytest.mark.tampered
def test_seals_that_were_taken_away_are_missed_by_who_kept_one(sold):
    ledger, kept = sold
    _rewrite(ledger, ["DELETE FROM seals"])
    assert _findings(ledger) == []
    assert len(_findings(ledger, kept)) == 2


@pytest.mark.tampered
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE seals SET sealed_at = '2020-01-01 00:00:00.000000+00:00' WHERE to_posting_id = 1",
         "postings 1 to 1 are not those that were sealed"),
        ("UPDATE seals SET hash = 'x' WHERE to_posting_id = 1",
         "the seal of postings 2 to 2 does not follow the one before it"),
        ("DELETE FROM seals WHERE to_posting_id = 1",
         "the seal of postings 2 to 2 does not follow the one before it"),
    ],
)  # fmt: skip
def test_a_seal_that_was_touched_is_found(sold, statement, finding):
    ledger, _ = sold
    _rewrite(ledger, [statement])
    assert finding in _findings(ledger)


@pytest.mark.tampered
def test_a_posting_that_slips_in_below_the_sealed_ones_is_found(sold):
    ledger, _ = sold
    columns = "code, source_id, destination_id, amount_cents, kind, description, command_id, recorded_at"
    [(highest,)] = rows(ledger, "SELECT max(id) FROM postings")
    with tampering(ledger) as connection:
        connection.execute(
            f"INSERT INTO postings (id, {columns}) SELECT -1, 'txn_late', source_id, destination_id,"
            f" amount_cents, kind, description, command_id, recorded_at FROM postings WHERE id = {highest}"
        )
    found = [finding for proof in broken_proofs(ledger) for finding in proof.findings]
    assert "txn_late stands where nothing was sealed" in found
