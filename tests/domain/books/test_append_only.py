"""History stays as it was written, and the database itself sees to it."""

from __future__ import annotations

import sqlite3

import pytest

from tests.factories.ledgers import contents, raw_connection
from tests.factories.wallets import open_wallet

STATEMENTS = [
    "UPDATE postings SET amount_cents = 1",
    "UPDATE postings SET description = 'Something else'",
    "UPDATE postings SET id = id",
    "DELETE FROM postings",
    "INSERT OR REPLACE INTO postings SELECT * FROM postings",
    "INSERT OR REPLACE INTO postings SELECT 99, code, source_id, destination_id, 1, kind, description, tag,"
    " terminal_id, reverses_id, command_id, recorded_at FROM postings",
    "REPLACE INTO postings SELECT id, 'txn_new', source_id, destination_id, 1, kind, description, tag,"
    " terminal_id, reverses_id, command_id, recorded_at FROM postings",
    "UPDATE audit_log SET actor_name = 'somebody else'",
    "DELETE FROM audit_log",
    "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_refuses_to_change_or_delete_history(ledger, statement):
    open_wallet(ledger, balance_cents=500)
    before = contents(ledger)
    with raw_connection(ledger) as connection, pytest.raises(sqlite3.DatabaseError, match="append only"):
        connection.execute(statement)
    assert contents(ledger) == before


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
    with raw_connection(ledger) as connection, pytest.raises(sqlite3.IntegrityError, match=check):
        connection.execute(statement)
