"""A copy of the books: every row, whole or not at all, between databases of either kind."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import text

from ledger.foundation.progress import quietly
from ledger.moving.copy import copy_books
from ledger.moving.errors import (
    BooksMissing,
    MoveFailed,
    NotWhole,
    SameBooks,
    SchemaDiffers,
    TargetInUse,
    TargetNotEmpty,
)
from ledger.storage import copying
from ledger.storage.database import open_database
from ledger.tables import Base
from tests.conftest import BOTH_DATABASES
from tests.factories import ledgers
from tests.factories.evenings import KEYS, pay
from tests.factories.wallets import open_wallet
from tests.moving.conftest import ledger_on

INTO_BOTH = pytest.mark.parametrize("elsewhere", BOTH_DATABASES, indirect=True)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Let even a few rows be more than one batch."""
    monkeypatch.setattr(copying, "BATCH_ROWS", 2)


@INTO_BOTH
def test_every_row_of_every_table_arrives(ledger, terminal, target):
    before = ledgers.contents(ledger)
    copied = copy_books(ledger.database, target, quietly)
    with ledger_on(target) as arrived:
        assert ledgers.contents(arrived) == before == ledgers.contents(ledger)
    assert set(before) == {*Base.metadata.tables, "alembic_version"}
    assert [name for name, rows in before.items() if not rows] == []
    assert copied.tables == len(Base.metadata.tables)
    assert copied.rows == sum(len(rows) for rows in before.values()) - 1
    assert copied.commands_meanwhile == 0


def test_a_migrated_database_that_holds_nothing_may_be_the_target(ledger, terminal, elsewhere):
    with closing(open_database(elsewhere.migrated())) as target:
        copy_books(ledger.database, target, quietly)
        with ledger_on(target) as arrived:
            assert ledgers.contents(arrived) == ledgers.contents(ledger)


def test_an_empty_ledger_can_be_copied(ledger, target):
    assert copy_books(ledger.database, target, quietly).rows == 0


def test_a_copy_goes_on_as_the_books_that_it_is(ledger, terminal, target):
    copy_books(ledger.database, target, quietly)
    with ledger_on(target) as arrived:
        before = ledgers.count(arrived, "postings")
        pay(arrived, terminal, KEYS[1], 200, tag="%s 'x'\n")
        assert ledgers.count(arrived, "postings") == before
        pay(arrived, terminal, "after the move")
        assert ledgers.count(arrived, "postings") == before + 1


def test_a_number_that_was_drawn_is_not_drawn_again(ledger, terminal, target):
    with ledgers.raw_connection(ledger) as connection:
        connection.execute(
            "UPDATE sqlite_sequence SET seq = 5000 WHERE name = 'wallets'"
            if connection.dialect == "sqlite"
            else "SELECT setval('wallets_id_seq', 5000)"
        )
    copy_books(ledger.database, target, quietly)
    with ledger_on(target) as arrived:
        assert open_wallet(arrived, token_id="a new one").id == 5001


def test_history_is_guarded_in_the_copy(ledger, terminal, target):
    copy_books(ledger.database, target, quietly)
    for statement in ("UPDATE postings SET amount_cents = 1", "DELETE FROM audit_log"):
        with pytest.raises(Exception, match="append only"), target.writing() as connection:
            connection.execute(text(statement))


def test_what_is_booked_meanwhile_is_told_and_not_copied(ledger, terminal, target):
    before = ledgers.contents(ledger)

    def pay_meanwhile(what, done, total):
        pay(ledger, terminal, f"{what} {done}")

    copied = copy_books(ledger.database, target, pay_meanwhile)
    assert copied.commands_meanwhile > 10
    with ledger_on(target) as arrived:
        assert ledgers.contents(arrived) == before


def test_a_copy_that_breaks_off_leaves_no_row(ledger, terminal, target):
    def stumble(what, done, total):
        if what == "reading back":
            raise OSError("the cable")

    with pytest.raises(MoveFailed, match="nothing of it was kept: the cable"):
        copy_books(ledger.database, target, stumble)
    with ledger_on(target) as arrived:
        assert {name for name, rows in ledgers.contents(arrived).items() if rows} == {"alembic_version"}
    assert copy_books(ledger.database, target, quietly).rows


def test_a_row_that_arrives_otherwise_is_noticed(ledger, terminal, target):
    copy_books(ledger.database, target, quietly)
    with target.writing() as connection:
        read = copying.read_contents(connection, quietly)
        connection.execute(text("UPDATE wallets SET user_name = 'Anne' WHERE id = 1"))
        changed = copying.read_contents(connection, quietly)
        connection.execute(text("UPDATE wallets SET user_name = 'Änne 🔑' WHERE id = 1"))
    assert [name for name in read if read[name] != changed[name]] == ["wallets"]


@pytest.mark.tampered
def test_books_that_do_not_hold_are_not_copied(ledger, terminal, target):
    with ledgers.tampering(ledger) as connection:
        connection.execute("UPDATE account_balances SET balance_cents = balance_cents + 1")
    with pytest.raises(NotWhole, match="source is not whole .W1: "):
        copy_books(ledger.database, target, quietly)


def test_a_database_with_rows_is_left_alone(ledger, terminal, elsewhere):
    with ledgers.opened_ledger(elsewhere.migrated()) as other:
        open_wallet(other)
        before = ledgers.contents(other)
        other.database.close()
        with pytest.raises(TargetNotEmpty, match="has 2 rows|has 1 rows"):
            copy_books(ledger.database, other.database, quietly)
        assert ledgers.contents(other) == before


def test_a_database_of_strangers_is_left_alone(ledger, terminal, target):
    with target.writing() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    with pytest.raises(TargetNotEmpty, match="theirs"):
        copy_books(ledger.database, target, quietly)


@INTO_BOTH
def test_a_database_that_somebody_uses_is_left_alone(ledger, terminal, elsewhere):
    url = elsewhere.migrated()
    with ledgers.opened_ledger(url) as server, closing(open_database(url)) as target:
        ledgers.broken_proofs(server)  # as a server does, it keeps its connection afterwards
        with pytest.raises(TargetInUse):
            copy_books(ledger.database, target, quietly)


def test_books_are_not_copied_onto_themselves(ledger):
    with (
        closing(open_database(ledger.settings.database_url)) as target,
        pytest.raises(SameBooks),
    ):
        copy_books(ledger.database, target, quietly)


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_books_are_recognised_by_another_name(ledger):
    url = ledger.settings.database_url.update_query_dict({"application_name": "another"})
    with closing(open_database(url)) as target, pytest.raises(SameBooks):
        copy_books(ledger.database, target, quietly)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_file_is_recognised_by_another_name(ledger, tmp_path, link):
    other = tmp_path / "other.db"
    getattr(other, link)(ledger.settings.database_url.database)
    with closing(open_database(f"sqlite:///{other}")) as target, pytest.raises(SameBooks):
        copy_books(ledger.database, target, quietly)


def test_another_schema_on_either_side_is_refused(ledger, elsewhere, target):
    url = elsewhere.migrated()
    with ledgers.opened_ledger(url) as other:
        with ledgers.raw_connection(other) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0000'")
        for source, into, side in (
            (ledger.database, other.database, "target"),
            (other.database, target, "source"),
        ):
            with pytest.raises(SchemaDiffers, match=f"{side} is at schema 0000"):
                copy_books(source, into, quietly)


def test_a_file_that_is_not_there_is_not_made(tmp_path, target):
    source = open_database(f"sqlite:///{tmp_path}/nothing.db")
    with closing(source), pytest.raises(BooksMissing, match="nothing.db"):
        copy_books(source, target, quietly)
    assert not (tmp_path / "nothing.db").exists()


def test_a_server_that_does_not_answer_is_named(ledger, target):
    nowhere = "postgresql+psycopg://ledger@127.0.0.1:1/books"
    with closing(open_database(nowhere)) as unreachable:
        with pytest.raises(MoveFailed, match="source cannot be read: .*refused"):
            copy_books(unreachable, target, quietly)
        with pytest.raises(MoveFailed, match="target cannot be written: .*refused"):
            copy_books(ledger.database, unreachable, quietly)
