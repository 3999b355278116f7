"""The database: durable, strict, and never in the way of its readers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, StatementError

from ledger.domain.audit.queries import audit
from ledger.domain.books.tables import Account, AccountBalance
from ledger.storage.database import (
    BUSY_TIMEOUT_MS,
    Database,
    DatabaseUnreachable,
    make_engine,
    open_database,
    translated_errors,
)
from ledger.storage.tables import AuditLog
from tests.factories.ledgers import another_process_of, rows
from tests.factories.wallets import open_wallet

COUNT = text("SELECT count(*) FROM audit_log")
DOUBLE = update(AccountBalance).values(balance_cents=AccountBalance.balance_cents * 2)
MOMENT = datetime(2026, 1, 24, 19, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def database(ledger):
    """Return a migrated database."""
    return ledger.database


def _log(connection, at=MOMENT):
    values = {"command": "tests", "actor_kind": "system", "actor_name": "tests", "origin": ""}
    connection.execute(insert(AuditLog).values(recorded_at=at, **values))


@pytest.mark.parametrize(
    ("pragma", "value"),
    # synchronous: 2 is FULL.
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", BUSY_TIMEOUT_MS)],
)
def test_every_connection_keeps_the_promises_on_durability(tmp_path, pragma, value):
    # A database as it is opened for people, not the hurried one of most tests.
    database = open_database(f"sqlite:///{tmp_path}/books.db")
    with database.reading() as one, database.reading() as another, database.writing() as third:
        for connection in (one.connection, another.connection, third):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    database.close()


def test_the_database_itself_refuses_a_row_that_points_nowhere(database):
    values = {"account_id": 404, "balance_cents": 0, "floor_cents": 0}
    with pytest.raises(IntegrityError, match="(?i)foreign key"), database.writing() as connection:
        connection.execute(insert(AccountBalance).values(values))


def test_the_database_itself_refuses_a_balance_under_its_floor(ledger, database):
    open_wallet(ledger, balance_cents=100)
    with (
        pytest.raises(IntegrityError, match="ck_account_balances_floor"),
        database.writing() as connection,
    ):
        connection.execute(text("UPDATE account_balances SET balance_cents = -1"))


def test_a_reader_sees_one_state_however_long_it_reads(database):
    with database.reading() as reader:
        before = reader.scalar(COUNT)
        with database.writing() as connection:
            _log(connection)
        assert reader.scalar(COUNT) == before
    with database.reading() as reader:
        assert reader.scalar(COUNT) == before + 1


def test_a_reader_does_not_wait_for_a_writer_and_sees_nothing_unfinished(database):
    with database.writing() as connection:
        _log(connection)
        with database.reading() as reader:
            assert reader.scalar(COUNT) == 0


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_writers_take_their_turns_from_their_first_statement_on(ledger, database, monkeypatch):
    monkeypatch.setattr("ledger.storage.database.BUSY_TIMEOUT_MS", 30)
    other = another_process_of(ledger).database
    # Not a statement has been executed yet, and the lock is taken all the same.
    with database.writing(), pytest.raises(DatabaseUnreachable), translated_errors(), other.writing():
        pytest.fail("two writers at once")
    other.close()


def test_a_writer_waits_for_the_one_before_it_and_goes_on_from_what_that_one_left(ledger, database):
    open_wallet(ledger, balance_cents=1)
    other = another_process_of(ledger).database
    written = threading.Event()

    def write():
        with other.writing() as connection:
            connection.execute(DOUBLE)
        written.set()

    with database.writing() as connection:
        connection.execute(DOUBLE)
        waiting = threading.Thread(target=write)
        waiting.start()
        assert not written.wait(0.2)
    waiting.join()
    with database.writing(keep=False) as connection:
        assert connection.execute(DOUBLE.returning(AccountBalance.balance_cents)).scalar() == 8
    other.close()
    # The books were doubled past every rule; what is left of it is undone.
    with database.writing() as connection:
        connection.execute(update(AccountBalance).values(balance_cents=1))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
        ("lock_timeout", "5s"),
        ("statement_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ],
)
@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_a_writer_on_postgresql_is_durable_and_waits_for_nobody_for_ever(database, setting, value):
    with database.writing() as connection:
        assert connection.execute(text(f"SHOW {setting}")).scalar() == value


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_an_address_may_ask_for_more_than_the_house_does(shelf):
    url = make_url(shelf.empty()).update_query_dict({"options": "-c synchronous_commit=remote_apply"})
    database = Database(make_engine(url))
    with database.reading() as reader:
        assert reader.scalar(text("SHOW synchronous_commit")) == "remote_apply"
        assert reader.scalar(text("SHOW lock_timeout")) == "5s"
    database.close()


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_a_reader_on_postgresql_writes_nothing_and_leaves_nothing_behind(database):
    with pytest.raises(DatabaseUnreachable), database.reading() as reader:
        _log(reader.connection)
    with database.writing() as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"
        assert connection.execute(text("SHOW transaction_read_only")).scalar() == "off"


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_a_statement_without_end_is_cut_off_and_a_proof_is_not(ledger, monkeypatch):
    monkeypatch.setattr("ledger.storage.database.STATEMENT_TIMEOUT_MS", 50)
    hasty = another_process_of(ledger).database
    with pytest.raises(DatabaseUnreachable), hasty.reading() as reader:
        reader.scalar(text("SELECT pg_sleep(5)"))
    with hasty.reading() as reader:
        reader.take_time()
        reader.scalar(text("SELECT pg_sleep(0.1)"))
    hasty.close()


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_a_connection_that_died_in_the_pool_is_replaced_before_anybody_notices(ledger, database):
    with database.reading() as reader:
        mine = reader.scalar(text("SELECT pg_backend_pid()"))
    rows(ledger, "SELECT pg_terminate_backend(?)", mine)
    with database.reading() as reader:
        assert reader.scalar(text("SELECT pg_backend_pid()")) != mine


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_a_server_that_goes_away_in_the_middle_is_refused_in_words(ledger, database):
    with pytest.raises(DatabaseUnreachable), database.reading() as reader:
        rows(ledger, "SELECT pg_terminate_backend(?)", reader.scalar(text("SELECT pg_backend_pid()")))
        reader.scalar(COUNT)


def test_a_server_that_does_not_answer_is_refused_in_words(tmp_path):
    database = open_database(f"postgresql+psycopg://nobody@/books?host={tmp_path}")
    with pytest.raises(DatabaseUnreachable), database.reading() as reader:
        audit(reader)
    database.close()


@pytest.mark.parametrize("keep", [True, False])
def test_an_exception_or_a_dry_run_rolls_everything_back(database, keep):
    if keep:
        with pytest.raises(RuntimeError), database.writing() as connection:
            _log(connection)
            raise RuntimeError
    else:
        with database.writing(keep=False) as connection:
            _log(connection)
    with database.reading() as reader:
        assert reader.scalar(COUNT) == 0


def test_the_folder_of_a_new_database_is_made(tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/a/b/books.db")
    with database.reading() as reader:
        assert reader.scalar(text("SELECT 1")) == 1
    database.close()


def test_a_file_that_cannot_be_opened_is_refused_in_words(tmp_path):
    (tmp_path / "books.db").mkdir()
    database = open_database(f"sqlite:///{tmp_path}/books.db")
    with pytest.raises(DatabaseUnreachable), database.reading() as reader:
        audit(reader)
    database.close()


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path):
    (tmp_path / "books.db").write_text("these are not the books you are looking for" * 100)
    database = open_database(f"sqlite:///{tmp_path}/books.db")
    with pytest.raises(DatabaseUnreachable), database.reading() as reader:
        audit(reader)
    database.close()


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_a_full_disk_is_refused_in_words_that_say_so(ledger, database):
    with database.writing() as connection:
        connection.execute(text("PRAGMA max_page_count = 1"))
    with pytest.raises(DatabaseUnreachable, match="full. Make room"):
        for number in range(100):
            open_wallet(ledger, f"04{number:06X}")


def test_a_database_without_a_schema_is_refused_in_words(shelf):
    database = open_database(shelf.empty())
    with pytest.raises(DatabaseUnreachable), database.reading() as reader:
        audit(reader)
    database.close()


def test_more_readers_than_connections_are_told_to_come_again(ledger):
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05}
    database = Database(make_engine(ledger.settings.database_url, **options))
    with database.reading(), pytest.raises(DatabaseUnreachable), database.reading():
        pytest.fail("one connection served two")
    database.close()


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=45))])
def test_a_moment_is_kept_in_utc_to_the_microsecond(ledger, database, zone):
    with database.writing() as connection:
        _log(connection, MOMENT.astimezone(zone))
    with database.reading() as reader:
        assert reader.scalar(select(AuditLog.recorded_at)) == MOMENT
        assert reader.scalar(select(AuditLog.recorded_at)).tzinfo is UTC
    assert rows(ledger, "SELECT recorded_at FROM audit_log") == [("2026-01-24 19:30:00.123456",)]


def test_a_naive_time_is_not_guessed_at(database):
    with pytest.raises(StatementError, match="naive"), database.writing() as connection:
        _log(connection, MOMENT.replace(tzinfo=None))


def test_an_empty_moment_stays_empty(ledger, database):
    open_wallet(ledger)
    with database.reading() as reader:
        assert reader.scalar(text("SELECT unpaired_at FROM wallet_tokens")) is None
        assert reader.one(select(Account.created_at)).created_at.tzinfo is UTC
