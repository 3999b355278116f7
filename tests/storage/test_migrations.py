"""The migrations: they end where the tables of the code are, twice is once, and they keep the guards."""

from __future__ import annotations

import re
import threading

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from ledger.storage.database import open_database
from ledger.storage.schema import MIGRATIONS, SchemaOutdated, newest, require_current, revision, upgrade
from ledger.tables import Base
from tests.factories.ledgers import contents, raw_connection, rows
from tests.factories.shelves import PostgreSQLShelf, SQLiteShelf
from tests.factories.wallets import open_wallet

GUARDED = ("postings", "audit_log", "seals")


@pytest.fixture
def empty(ledger, shelf):
    """Give a database that has no schema."""
    database = open_database(shelf.empty())
    yield database
    database.close()


def _described(engine):
    """Return what a database enforces, in words that two databases can be compared by."""
    seen = inspect(engine)
    tables = [name for name in seen.get_table_names() if name != "alembic_version"]
    return {name: _table(seen, name) for name in tables}


def _table(seen, name):
    columns = [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)]
    return {
        "columns": sorted(columns),
        "primary key": seen.get_pk_constraint(name),
        "unique": sorted((u["name"], u["column_names"]) for u in seen.get_unique_constraints(name)),
        "foreign keys": sorted(
            (f["name"], f["constrained_columns"], f["referred_table"], f["referred_columns"], f["options"])
            for f in seen.get_foreign_keys(name)
        ),
        "checks": sorted((c["name"], c["sqltext"]) for c in seen.get_check_constraints(name)),
        "indexes": sorted(
            (i["name"], i["unique"], i["column_names"], _partial(i)) for i in seen.get_indexes(name)
        ),
    }


def _partial(index):
    return {name: str(clause) for name, clause in index.get("dialect_options", {}).items()}


def _statements(engine, kind):
    with engine.connect() as connection:
        statement = text("SELECT name, sql FROM sqlite_master WHERE type = :kind AND sql IS NOT NULL")
        return dict(connection.execute(statement, {"kind": kind}).all())


def test_a_migrated_database_is_the_one_that_the_code_describes(ledger, empty):
    Base.metadata.create_all(empty.engine)
    described = _described(ledger.database.engine)
    assert described == _described(empty.engine)
    assert len(described) == len(Base.metadata.tables)


def test_checks_are_named_and_none_is_lost_on_the_way(ledger):
    reflected = {
        name: {check for check, _ in table["checks"]}
        for name, table in _described(ledger.database.engine).items()
    }
    assert reflected["account_balances"] == {
        "ck_account_balances_floor",
        "ck_account_balances_held_not_negative",
    }
    assert reflected["postings"] == {
        "ck_postings_amount_positive",
        "ck_postings_two_accounts",
        "ck_postings_reversal_names_posting",
        "ck_postings_kind",
    }
    assert all(check for checks in reflected.values() for check in checks)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_ids_are_never_given_twice(ledger, empty):
    Base.metadata.create_all(empty.engine)

    def counting(engine):
        return {name for name, sql in _statements(engine, "table").items() if "AUTOINCREMENT" in sql}

    assert counting(ledger.database.engine) == counting(empty.engine)
    assert {"postings", "wallets", "wallet_tokens", "audit_log"} <= counting(ledger.database.engine)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_one_token_one_wallet_is_an_index_of_the_database(ledger):
    sql = _statements(ledger.database.engine, "index")["uq_wallet_tokens_paired"]
    assert re.search(r"UNIQUE INDEX \S+ ON wallet_tokens \(token_id\) WHERE unpaired_at IS NULL", sql)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_what_is_append_only_is_guarded_by_the_database(ledger):
    triggers = _statements(ledger.database.engine, "trigger")
    endings = ("updated", "deleted", "replaced")
    expected = {f"{table}_are_never_{ending}" for table in GUARDED for ending in endings}
    assert set(triggers) == expected


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_one_token_one_wallet_is_an_index_of_postgresql_too(ledger):
    said = "SELECT indexdef FROM pg_indexes WHERE indexname = 'uq_wallet_tokens_paired'"
    [(sql,)] = rows(ledger, said)
    assert re.search(r"UNIQUE INDEX .* \(token_id\) WHERE \(unpaired_at IS NULL\)", sql)


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_what_is_append_only_is_guarded_by_postgresql_even_from_a_replica(ledger):
    said = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal"
    endings = ("updated", "deleted", "truncated")
    expected = {(f"{table}_are_never_{ending}", "A") for table in GUARDED for ending in endings}
    assert set(rows(ledger, said)) == expected


def test_both_databases_enforce_the_same(postgresql_server, migrated_template, tmp_path):
    shelves = (SQLiteShelf(migrated_template, tmp_path), PostgreSQLShelf(postgresql_server))
    databases = [open_database(shelf.migrated()) for shelf in shelves]
    one, other = (_comparable(_described(database.engine)) for database in databases)
    for database, shelf in zip(databases, shelves, strict=True):
        database.close()
        shelf.clear()
    assert one == other
    assert one["postings"]["checks"] == {
        "ck_postings_amount_positive",
        "ck_postings_kind",
        "ck_postings_reversal_names_posting",
        "ck_postings_two_accounts",
    }


def _comparable(described):
    """Return what two databases of different make can have in common: names, columns, what may be empty."""
    for table in described.values():
        table["columns"] = [(name, nullable) for name, _, nullable, _ in table["columns"]]
        table["checks"] = {name for name, _ in table["checks"]}
        # SQLite gives an AUTOINCREMENT key no name.
        table["primary key"] = table["primary key"]["constrained_columns"]
        # PostgreSQL keeps a unique constraint by an index and reflects both.
        constraints = {name for name, _ in table["unique"]}
        table["indexes"] = [
            (name, bool(unique), columns, any(key.endswith("_where") for key in partial))
            for name, unique, columns, partial in table["indexes"]
            if name not in constraints
        ]
    return described


def test_a_second_upgrade_changes_nothing(ledger):
    open_wallet(ledger, balance_cents=500)
    before, schema = contents(ledger), _described(ledger.database.engine)
    assert upgrade(ledger.database.engine) == (newest(), newest())
    assert (contents(ledger), _described(ledger.database.engine)) == (before, schema)


def test_an_upgrade_says_from_where_to_where_it_went(empty):
    assert revision(empty.engine) is None
    assert upgrade(empty.engine) == (None, newest())
    assert revision(empty.engine) == newest()


def test_the_newest_revision_is_where_the_chain_of_migrations_ends():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [newest()]


def test_two_upgrades_at_the_same_moment_are_one(shelf):
    url = shelf.empty()
    databases = [open_database(url) for _ in range(2)]
    databases[0].engine.connect().close()  # the file is there and in WAL mode
    together, went = threading.Barrier(2), []

    def migrate(database):
        together.wait()
        went.append(upgrade(database.engine))

    threads = [threading.Thread(target=migrate, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(went, key=str) == [(newest(), newest()), (None, newest())]
    for database in databases:
        database.close()


def test_an_upgrade_that_breaks_off_leaves_the_database_as_it_was(empty):
    with empty.writing() as connection:
        connection.execute(text("CREATE TABLE wallet_tokens (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty.engine)
    assert revision(empty.engine) is None
    assert list(_described(empty.engine)) == ["wallet_tokens"]


def test_a_ledger_that_has_not_been_migrated_is_refused(ledger, empty):
    require_current(ledger.database.engine)
    with pytest.raises(SchemaOutdated, match="tapledger db upgrade"):
        require_current(empty.engine)


def test_a_ledger_from_the_future_is_refused_and_left_alone(ledger):
    with raw_connection(ledger) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaOutdated):
        ledger.require_current_schema()
    with pytest.raises(SchemaOutdated, match="newer"):
        upgrade(ledger.database.engine)
    assert revision(ledger.database.engine) == "9999"
