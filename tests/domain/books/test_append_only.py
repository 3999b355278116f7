"""History stays as it was written, and the database itself sees to it."""

from __future__ import annotations

import pytest

from tests.conftest import BOTH_DATABASES
from tests.factories.ledgers import contents, raw_connection
from tests.factories.wallets import open_wallet

STATEMENTS = [
    "UPDATE postings SET amount_cents = 1",
    "UPDATE postings SET description = 'Something else'",
    "UPDATE postings SET id = id",
    "DELETE FROM postings",
    "UPDATE audit_log SET actor_name = 'somebody else'",
    "DELETE FROM audit_log",
]
# Each database has a way of its own around the guards above.
REPLACEMENTS = [
    "INSERT OR REPLACE INTO postings SELECT * FROM postings",
    "INSERT OR REPLACE INTO postings SELECT 99, code, source_id, destination_id, 1, kind, description, tag,"
    " terminal_id, reverses_id, command_id, recorded_at FROM postings",
    "REPLACE INTO postings SELECT id, 'txn_new', source_id, destination_id, 1, kind, description, tag,"
    " terminal_id, reverses_id, command_id, recorded_at FROM postings",
    "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log",
]
TRUNCATIONS = [
    "TRUNCATE postings CASCADE",
    "TRUNCATE audit_log CASCADE",
    "TRUNCATE accounts CASCADE",
    "INSERT INTO postings SELECT * FROM postings ON CONFLICT (id) DO UPDATE SET amount_cents = 1",
]
CASES = [
    *((name, statement) for name in BOTH_DATABASES for statement in STATEMENTS),
    *(("sqlite", statement) for statement in REPLACEMENTS),
    *(("postgresql", statement) for statement in TRUNCATIONS),
]


@pytest.mark.parametrize(("database_name", "statement"), CASES, indirect=["database_name"])
def test_the_database_refuses_to_change_or_delete_history(ledger, statement):
    open_wallet(ledger, balance_cents=500)
    before = contents(ledger)
    with pytest.raises(Exception, match="append only"), raw_connection(ledger) as connection:
        connection.execute(statement)
    assert contents(ledger) == before


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", [*STATEMENTS, *TRUNCATIONS])
def test_a_session_that_calls_itself_a_replica_is_refused_as_well(ledger, statement):
    open_wallet(ledger, balance_cents=500)
    with pytest.raises(Exception, match="append only"), raw_connection(ledger) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"amount_cents": "0"}, "ck_postings_amount_positive"),
        ({"amount_cents": "-5"}, "ck_postings_amount_positive"),
        ({"destination_id": "source_id"}, "ck_postings_two_accounts"),
        ({"kind": "'gift'"}, "ck_postings_kind"),
        ({"kind": "'reversal'"}, "ck_postings_reversal_names_posting"),
        ({"reverses_id": "id"}, "ck_postings_reversal_names_posting"),
    ],
)
def test_the_database_refuses_a_posting_that_no_books_may_hold(ledger, changed, check):
    open_wallet(ledger, balance_cents=500)
    columns = ["code", "source_id", "destination_id", "amount_cents", "kind", "description", "terminal_id"]
    columns += ["reverses_id", "command_id", "recorded_at"]
    values = [changed.get(column, "'txn_new'" if column == "code" else column) for column in columns]
    statement = f"INSERT INTO postings ({', '.join(columns)}) SELECT {', '.join(values)} FROM postings"
    with pytest.raises(Exception, match=check), raw_connection(ledger) as connection:
        connection.execute(statement)
