"""The audit: silent on whole books, and each proof speaks when somebody has been at the file."""

from __future__ import annotations

import re

import pytest

from ledger.domain.audit.queries import audit
from ledger.domain.holds.commands import capture, release, reserve
from ledger.domain.wallets.commands import purchase, reverse_key, top_up
from tests.factories.ledgers import broken_proofs, raw_connection, tampering
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet

INVARIANTS = ["W0", "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8"]


@pytest.fixture
def busy(ledger):
    """Return a ledger in which every sort of movement has happened."""
    open_wallet(ledger, balance_cents=500)
    open_wallet(ledger, "04FFFFFF")
    actor = install(ledger).actor
    install(ledger, "kiosk")
    about = {"token_id": TOKEN, "description": "Coffee"}
    ledger.run(top_up, actor=actor, key="k1", amount_cents=200, **about)
    ledger.run(purchase, actor=actor, key="k2", products=["espresso"], **about)
    ledger.run(purchase, actor=actor, key="k3", products=["cappuccino"], **about)
    ledger.run(reverse_key, actor=actor, key="k3-r", reversed_key="k3", description="No cup")
    ledger.run(reverse_key, actor=actor, key="k4-r", reversed_key="k4", description="No answer")
    codes = [ledger.run(reserve, actor=actor, amount_cents=70, **about).answer.hold.code for _ in range(4)]
    ledger.run(capture, actor=actor, hold_code=codes[0], amount_cents=50)
    ledger.run(capture, actor=actor, hold_code=codes[1])
    ledger.run(release, actor=actor, hold_code=codes[2])
    return ledger


# A copy of a table without its constraints: what somebody with the file in hand can make of it.
UNBOUND_KEYS = (
    "ALTER TABLE idempotency_keys RENAME TO former",
    "CREATE TABLE idempotency_keys AS SELECT * FROM former",
)
SALE = "(SELECT id FROM postings WHERE kind = 'sale' LIMIT 1)"
COLUMNS = "source_id, destination_id, amount_cents, kind, description, tag, terminal_id, reverses_id"
WITH_THE_SAME = "recorded_at FROM postings WHERE kind = 'sale' LIMIT 1"
ANOTHER_POSTING = f"INSERT INTO postings (code, {COLUMNS}, command_id, recorded_at)"
OF_THE_TILL = "FROM accounts WHERE kind = 'till'"
TAMPERINGS = {
    "W0": [
        (["UPDATE accounts SET currency = 'USD' WHERE kind = 'cash_box'"], "does not join two accounts"),
        (["DELETE FROM accounts WHERE kind = 'cash_box'"], "does not join two accounts"),
        (["DELETE FROM accounts WHERE kind = 'cash_box'"], "the accounts add up to -?[0-9]+ cents"),
    ],
    "W1": [
        (["UPDATE account_balances SET balance_cents = balance_cents + 1"], "its postings say"),
        ([f"UPDATE postings SET amount_cents = amount_cents - 1 WHERE id = {SALE}"], "its postings say"),
        ([f"DELETE FROM postings WHERE id = {SALE}"], "its postings say"),
        (["DELETE FROM account_balances"], "has no cached balance"),
        (["UPDATE accounts SET kind = 'wallet' WHERE kind = 'till'"], "till:house has no cached balance"),
        ([f"INSERT INTO account_balances SELECT id, 0, 0, 0 {OF_THE_TILL}"], "must not have"),
    ],
    "W2": [
        (["UPDATE postings SET amount_cents = amount_cents - 1 WHERE kind = 'reversal'"], "not the reverse"),
        (["UPDATE postings SET reverses_id = 1 WHERE kind = 'reversal'"], "not the reverse"),
    ],
    "W3": [
        (["UPDATE account_balances SET floor_cents = balance_cents + 1"], "under its floor"),
        (["UPDATE account_balances SET balance_cents = floor_cents - 1"], "under its floor"),
        (["UPDATE account_balances SET held_cents = balance_cents + 1"], "under its floor"),
    ],
    "W4": [
        (["DELETE FROM domain_events WHERE name = 'wallet.purchased'"], "has None movements and 1 postings"),
        ([f"DELETE FROM postings WHERE id = {SALE}"], "has 1 movements and None postings"),
        (
            [f"{ANOTHER_POSTING} SELECT 'txn_x', {COLUMNS}, command_id, {WITH_THE_SAME}"],
            "posted more than once",
        ),
        (
            [f"{ANOTHER_POSTING} SELECT 'txn_x', {COLUMNS}, 999, {WITH_THE_SAME}"],
            "txn_x belongs to no command",
        ),
        (["DELETE FROM audit_log WHERE command = 'wallets.purchase'"], "belongs to no command"),
        ([f"UPDATE postings SET amount_cents = 7 WHERE id = {SALE}"], "moved 7 cents, but command"),
        (["UPDATE postings SET amount_cents = 7 WHERE kind = 'reversal'"], "moved 7 cents, but command"),
        (["UPDATE postings SET code = 'txn_x' WHERE kind = 'top_up' AND id > 1"], "txn_x moved 200 cents"),
        (["UPDATE domain_events SET payload = '{\"amount_cents\": \"much\"}'"], "told of something else"),
    ],
    "W5": [
        (["UPDATE idempotency_keys SET command_id = 1 WHERE key < 'k3'"], "two keys claim command 1"),
        (["UPDATE idempotency_keys SET command_id = NULL WHERE key = 'k1'"], "points to no command"),
        (["UPDATE idempotency_keys SET command_id = 999 WHERE key = 'k1'"], "points to no command"),
        (["UPDATE idempotency_keys SET scope = 'terminal:kiosk' WHERE key = 'k1'"], "of terminal:kiosk"),
        (["UPDATE audit_log SET actor_name = 'kiosk'"], "points to no command of its owner"),
        ([*UNBOUND_KEYS, "INSERT INTO idempotency_keys SELECT * FROM former"], "the key k1 .* stored twice"),
    ],
    "W6": [
        (["UPDATE postings SET terminal_id = NULL WHERE kind = 'sale'"], "names a terminal that did not"),
        (["UPDATE postings SET terminal_id = 1 WHERE terminal_id IS NULL"], "names a terminal that did not"),
        (["UPDATE postings SET terminal_id = 2 WHERE kind = 'sale'"], "names a terminal that did not"),
        (["UPDATE audit_log SET actor_kind = 'operator'"], "or hides one that did"),
    ],
    "W7": [
        (
            ["DROP INDEX uq_wallet_tokens_paired",
             "UPDATE wallet_tokens SET token_id = '04FFFFFF', unpaired_at = NULL"],
            "the token 04FFFFFF is paired twice",
        ),
        (["UPDATE wallets SET account_id = 999 WHERE id = 1"], "has no account of its own"),
        (["UPDATE accounts SET kind = 'till' WHERE kind = 'wallet'"], "has no account of its own"),
    ],
    "W8": [
        (["UPDATE account_balances SET held_cents = 0"], "says that 0 cents are held, .* say 70"),
        (["UPDATE account_balances SET held_cents = 71 WHERE held_cents = 0"], "its open holds say None"),
        (["UPDATE holds SET amount_cents = 71 WHERE state = 'open'"], "70 cents are held, .* say 71"),
        (["DELETE FROM holds WHERE state = 'open'"], "its open holds say None"),
        (["UPDATE holds SET state = 'released' WHERE state = 'open'"], "its open holds say None"),
        ([f"UPDATE holds SET source_id = (SELECT id {OF_THE_TILL})"], "of an account that keeps no balance"),
        (["UPDATE holds SET captured_cents = 51 WHERE captured_cents = 50"], "captured by no such posting"),
        (["UPDATE holds SET amount_cents = 49 WHERE captured_cents = 50"], "captured by no such posting"),
        (["UPDATE holds SET posting_id = 1 WHERE captured_cents = 50"], "captured by no such posting"),
        (["UPDATE holds SET closed_by_id = 1 WHERE captured_cents = 50"], "captured by no such posting"),
        (["DELETE FROM postings WHERE amount_cents = 50 AND kind = 'debit'"], "captured by no such posting"),
        (["UPDATE holds SET state = 'captured' WHERE state = 'open'"], "captured by no such posting"),
        (["DELETE FROM holds WHERE captured_cents = 50"], "captured a hold that is not there"),
    ],
}  # fmt: skip
CASES = [
    pytest.param(invariant, statements, finding, id=f"{invariant}-{number}")
    for invariant, cases in TAMPERINGS.items()
    for number, (statements, finding) in enumerate(cases, 1)
]


def _findings(ledger, invariant):
    return [
        finding
        for proof in broken_proofs(ledger)
        if proof.invariant == invariant
        for finding in proof.findings
    ]


def test_whole_books_are_proved_and_every_proof_had_something_to_look_at(busy):
    proofs = busy.read(audit)
    assert [proof.invariant for proof in proofs] == INVARIANTS
    assert [proof for proof in proofs if not proof.holds] == []
    assert all(proof.checked > 0 for proof in proofs)


def test_an_empty_ledger_is_whole(ledger):
    assert all(proof.holds and proof.checked == 0 for proof in ledger.read(audit))


@pytest.mark.tampered
@pytest.mark.parametrize(("invariant", "statements", "finding"), CASES)
def test_a_proof_fails_when_somebody_has_been_at_the_file(busy, invariant, statements, finding):
    with tampering(busy) as connection:
        for statement in statements:
            changed = connection.execute(statement)
        assert changed.rowcount != 0
    found = _findings(busy, invariant)
    assert any(re.search(finding, sentence) for sentence in found), found


GUARDS = {"sqlite": ("updated", "deleted", "replaced"), "postgresql": ("updated", "deleted", "truncated")}


@pytest.mark.tampered
@pytest.mark.parametrize("table", ["postings", "audit_log", "seals"])
@pytest.mark.parametrize(
    ("database_name", "done"),
    [(name, done) for name, every in GUARDS.items() for done in every],
    indirect=["database_name"],
)
def test_a_guard_that_was_taken_away_is_missed(busy, table, done):
    with raw_connection(busy) as connection:
        of_table = "" if connection.dialect == "sqlite" else f" ON {table}"
        connection.execute(f"DROP TRIGGER {table}_are_never_{done}{of_table}")
    assert _findings(busy, "W2") == [f"the trigger {table}_are_never_{done} is missing"]


@pytest.mark.tampered
@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "guard",
    [
        "BEFORE UPDATE ON postings BEGIN SELECT 1; END",
        "BEFORE UPDATE ON postings WHEN 0 BEGIN SELECT RAISE(ABORT, 'append only'); END",
        "BEFORE UPDATE ON wallets BEGIN SELECT RAISE(ABORT, 'append only'); END",
    ],
    ids=["sleeps", "looks away", "stands elsewhere"],
)
def test_a_guard_that_guards_nothing_is_missed(busy, guard):
    with raw_connection(busy) as connection:
        connection.execute("DROP TRIGGER postings_are_never_updated")
        connection.execute(f"CREATE TRIGGER postings_are_never_updated {guard}")
    assert _findings(busy, "W2") == ["the trigger postings_are_never_updated is missing"]


NAME = "postings_are_never_updated"
BEFORE_UPDATE = f"CREATE TRIGGER {NAME} BEFORE UPDATE"
CALLS = f"FOR EACH ROW EXECUTE FUNCTION {NAME}()"
AWAKE = f"ALTER TABLE postings ENABLE ALWAYS TRIGGER {NAME}"
GONE = f"DROP TRIGGER {NAME} ON postings"
NOTHING = "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"


@pytest.mark.tampered
@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statements",
    [
        [f"ALTER TABLE postings DISABLE TRIGGER {NAME}"],
        [f"ALTER TABLE postings ENABLE TRIGGER {NAME}"],
        [f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger {NOTHING}"],
        [GONE, f"{BEFORE_UPDATE} ON postings FOR EACH ROW WHEN (false) EXECUTE FUNCTION {NAME}()", AWAKE],
        [GONE, f"{BEFORE_UPDATE} OF tag ON postings {CALLS}", AWAKE],
        [GONE, f"CREATE TRIGGER {NAME} BEFORE INSERT ON postings {CALLS}", AWAKE],
        [GONE, f"{BEFORE_UPDATE} ON wallets {CALLS}", AWAKE.replace("TABLE postings", "TABLE wallets")],
    ],
    ids=["disabled", "not for replicas", "says nothing", "looks away", "one column", "late", "elsewhere"],
)
def test_a_guard_that_guards_nothing_is_missed_on_postgresql(busy, statements):
    with raw_connection(busy) as connection:
        for statement in statements:
            connection.execute(statement)
    assert _findings(busy, "W2") == [f"the trigger {NAME} is missing"]


@pytest.mark.tampered
def test_what_one_hand_takes_from_a_posting_another_proof_still_knows(busy):
    """A thief who adjusts the cached balance to the changed posting is betrayed by what it reverses."""
    with tampering(busy) as connection:
        connection.execute("UPDATE postings SET amount_cents = 10 WHERE kind = 'reversal'")
        connection.execute(
            "UPDATE account_balances SET balance_cents = "
            "(SELECT coalesce(sum(amount_cents), 0) FROM postings WHERE destination_id = account_id) - "
            "(SELECT coalesce(sum(amount_cents), 0) FROM postings WHERE source_id = account_id)"
        )
    assert {proof.invariant for proof in broken_proofs(busy)} == {"W2", "W4"}
