"""Up to which id a table's rows are settled: nothing below it can still appear."""

from __future__ import annotations

import time

from sqlalchemy import func, select, text

from ledger.foundation.errors import Unavailable
from ledger.storage.columns import Base
from ledger.storage.database import Database
from ledger.storage.transaction import Reader

PATIENCE_S = 5
_LOOK_EVERY_S = 0.02
# Who may have drawn an id without having committed it: an INSERT holds this lock from before it draws
# the id until its transaction has ended. Nobody waits for us meanwhile.
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND granted"
    " AND mode = 'RowExclusiveLock' AND relation = CAST(:table AS regclass)"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class HistoryUnsettled(Unavailable):
    """A transaction has been writing for so long that what it may still add cannot be known."""

    code = "history_unsettled"
    message = "A transaction has been writing for several seconds; run it again when it has ended."


def settled_id(database: Database, table: type[Base]) -> int | None:
    """Return the highest id up to which every row is committed or will never be; None in an empty table.

    SQLite's writers take their turns and their ids rise. PostgreSQL's commit out of the order of their
    ids: those who wrote when the highest id was read are waited for, at most PATIENCE_S seconds each
    time, then HistoryUnsettled. Whoever begins later draws a higher id.
    """
    with database.reading() as reader:
        highest_id = reader.scalar(select(func.max(table.id)))
        # After the highest id: who drew a lower one has committed, given up, or is seen here.
        writers = _writers(reader, table)
    patience = range(int(PATIENCE_S / _LOOK_EVERY_S))
    for _ in patience:
        if not writers:
            return highest_id
        time.sleep(_LOOK_EVERY_S)
        with database.reading() as reader:
            writers &= _writers(reader, table)
    raise HistoryUnsettled


def _writers(reader: Reader, table: type[Base]) -> set[str]:
    if reader.connection.dialect.name != "postgresql":
        return set()
    found = reader.connection.execute(_WRITERS, {"table": table.__tablename__})
    return {row.virtualtransaction for row in found}
