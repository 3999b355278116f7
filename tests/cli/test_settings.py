"""Settings: what they say of databases, and that processes that start at once read the same."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from ledger.settings import InvalidSetting, Settings

STARTS, AT_ONCE = 60, 4


def test_processes_that_start_at_once_sign_with_one_key(tmp_path: Path):
    barrier = Barrier(AT_ONCE)

    def start(number: int) -> str:
        barrier.wait()
        url = f"sqlite:///{tmp_path}/{number}.db"
        return Settings.from_environment({"TAPLEDGER_DATABASE_URL": url}).secret_key

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(STARTS):
            (tmp_path / f"{number}.db").touch()
            keys = set(pool.map(start, [number] * AT_ONCE))
            assert len(keys) == 1
            assert len(keys.pop()) == 43
    assert not [left for left in tmp_path.iterdir() if left.suffix not in (".key", ".db")]


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_by_the_driver_of_the_extra(scheme: str):
    given = {"TAPLEDGER_DATABASE_URL": f"{scheme}://ledger:pw@db:5433/books?sslmode=require"}
    url = Settings.from_environment({**given, "TAPLEDGER_SECRET_KEY": "shared" * 6}).database_url
    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://ledger:pw@db:5433/books?sslmode=require"
    )


def test_nodes_that_share_a_database_must_share_a_key():
    with pytest.raises(InvalidSetting, match="TAPLEDGER_SECRET_KEY must be set"):
        Settings.from_environment({"TAPLEDGER_DATABASE_URL": "postgresql://ledger@db/books"})


@pytest.mark.parametrize(
    "url",
    ["postgresql://ledger@db", "postgresql+psycopg2://db/books", "postgresql+asyncpg://db/books",
     "postgres://db/books", "mysql://db/books", "sqlite+aiosqlite://", "oracle://db"],
)  # fmt: skip
def test_no_other_database_is_used(url: str):
    with pytest.raises(InvalidSetting, match="an SQLite file or a PostgreSQL database"):
        Settings.from_environment({"TAPLEDGER_DATABASE_URL": url, "TAPLEDGER_SECRET_KEY": "k" * 32})


def test_without_its_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    # None in this table is how Python itself remembers that a module cannot be imported.
    monkeypatch.setitem(sys.modules, "psycopg", None)
    given = {"TAPLEDGER_DATABASE_URL": "postgresql://db/books", "TAPLEDGER_SECRET_KEY": "k" * 32}
    with pytest.raises(InvalidSetting, match=r"tapledger\[postgresql\]"):
        Settings.from_environment(given)
    given["TAPLEDGER_DATABASE_URL"] = "sqlite:///var/books.db"
    assert Settings.from_environment(given).database_url.get_backend_name() == "sqlite"
