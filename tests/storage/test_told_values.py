"""What an error of the database tells, however the statement was run: never a value."""

from __future__ import annotations

import pickle
import traceback
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from ledger.domain.books.tables import AccountBalance
from ledger.storage.bulk import Bulk, columns_of
from ledger.storage.reader import Reader
from ledger.storage.tables import IdempotencyKey, insert_of

MOMENT = datetime(2026, 1, 24, tzinfo=UTC)
UID = 'the "04\nA2246B7E1190"'
KEPT = {"scope": "tests", "key": UID, "fingerprint": None, "answer": None, "command_id": None}
INSERT_KEY = insert_of(IdempotencyKey)
ADD_KEY = Bulk(IdempotencyKey, columns_of(IdempotencyKey))


def _twice_by_sqlalchemy(connection, reader):
    connection.execute(insert(IdempotencyKey), [KEPT | {"recorded_at": MOMENT}] * 2)


def _twice_by_the_driver(connection, reader):
    for _ in range(2):
        reader.scalar(INSERT_KEY, recorded_at=MOMENT, **KEPT)


def _twice_in_a_group(connection, reader):
    with reader.gathered() as gathering:
        for _ in range(2):
            reader.append(ADD_KEY, recorded_at=MOMENT, **KEPT)
    with reader.at_once():
        reader.write(gathering)


def _as_a_number(connection, reader):
    connection.execute(text("SELECT CAST(:uid AS INTEGER)"), {"uid": UID})
    connection.execute(insert(AccountBalance).values(account_id=404, balance_cents=0, floor_cents=0))


@pytest.mark.parametrize(
    "fail", [_twice_by_sqlalchemy, _twice_by_the_driver, _twice_in_a_group, _as_a_number]
)
def test_an_error_of_the_database_tells_no_value(ledger, caplog, fail):
    with pytest.raises(DBAPIError) as raised, ledger.database.writing() as connection:
        fail(connection, Reader(connection))
    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + caplog.text
    assert "A2246B7E1190" not in told
    assert type(pickle.loads(pickle.dumps(raised.value))) is type(raised.value)
