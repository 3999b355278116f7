"""A backup has its name only once it is proven; until then, and whatever happens, nothing else is touched."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger.foundation.progress import quietly
from ledger.moving.backup import backup
from ledger.moving.errors import BackupDamaged, FileExists, MoveFailed, NotWhole, SameBooks
from ledger.moving.restore import restore
from ledger.storage import files, schema
from ledger.storage.schema import SchemaOutdated
from tests.conftest import BOTH_DATABASES
from tests.factories import ledgers
from tests.factories.evenings import pay
from tests.moving.conftest import ledger_on

HEADER_BYTES = 4096


@pytest.fixture
def shelf_of_backups(tmp_path):
    """Return a folder in which nothing else is."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


@pytest.fixture
def kept(ledger, terminal, shelf_of_backups):
    """Return the file of a backup."""
    path = shelf_of_backups / "books.backup"
    backup(ledger.database, path, replace=False, progress=quietly)
    return path


@contextmanager
def largest_file(size_bytes):
    """Let no file grow beyond this: what a full disk does to a writer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_backup_is_one_private_file_with_all_that_is_in_the_books(ledger, kept, shelf_of_backups):
    assert list(shelf_of_backups.iterdir()) == [kept]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with ledgers.opened_ledger(kept) as opened:
        assert ledgers.contents(opened) == ledgers.contents(ledger)
        assert not ledgers.broken_proofs(opened)


def test_a_backup_tells_what_it_holds(ledger, kept, shelf_of_backups):
    told = backup(ledger.database, shelf_of_backups / "second", replace=False, progress=quietly)
    assert told.figures.postings == ledgers.count(ledger, "postings")
    assert told.figures.keys == ledgers.count(ledger, "idempotency_keys")
    assert (told.figures.moved_cents,) == ledgers.rows(ledger, "SELECT sum(amount_cents) FROM postings")[0]
    assert told.size_bytes == (shelf_of_backups / "second").stat().st_size


def test_the_books_go_on_while_a_backup_is_written(ledger, terminal, shelf_of_backups, monkeypatch):
    monkeypatch.setattr(files, "_PAGES_AT_ONCE", 4)
    before = ledgers.contents(ledger)
    paid = []

    def pay_meanwhile(what, done, total):
        paid.append(f"{what} {done}")
        pay(ledger, terminal, paid[-1])

    path = shelf_of_backups / "books.backup"
    backup(ledger.database, path, replace=False, progress=pay_meanwhile)
    assert len(paid) > 5
    assert ledgers.count(ledger, "postings") == len(before["postings"]) + len(paid)
    with ledgers.opened_ledger(path) as opened:
        assert ledgers.contents(opened) == before


def test_an_existing_file_is_replaced_only_when_that_is_asked_for(ledger, terminal, shelf_of_backups):
    path = shelf_of_backups / "precious"
    path.write_text("mine")
    with pytest.raises(FileExists):
        backup(ledger.database, path, replace=False, progress=quietly)
    assert path.read_text() == "mine"
    backup(ledger.database, path, replace=True, progress=quietly)
    with ledgers.opened_ledger(path) as opened:
        assert ledgers.contents(opened) == ledgers.contents(ledger)


def test_a_link_that_leads_nowhere_is_an_existing_file(ledger, shelf_of_backups):
    path = shelf_of_backups / "link"
    path.symlink_to("nowhere")
    with pytest.raises(FileExists):
        backup(ledger.database, path, replace=False, progress=quietly)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal", ".key"])
@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
def test_a_backup_never_takes_the_place_of_the_books(ledger, terminal, tmp_path, ending, link):
    path = own = Path(f"{ledger.settings.database_url.database}{ending}")
    own.touch()
    if link:
        path = tmp_path / "another name"
        getattr(path, link)(own)
    before = ledgers.contents(ledger)
    with pytest.raises(SameBooks):
        backup(ledger.database, path, replace=True, progress=quietly)
    assert ledgers.contents(ledger) == before


@pytest.mark.parametrize("size_bytes", [8_192, 131_072])
def test_a_full_disk_leaves_nothing_behind(ledger, terminal, shelf_of_backups, size_bytes):
    path = shelf_of_backups / "books.backup"
    refused = pytest.raises(MoveFailed, match="not written|cannot be written|nothing of it was kept")
    with largest_file(size_bytes), refused:
        backup(ledger.database, path, replace=False, progress=quietly)
    assert list(shelf_of_backups.iterdir()) == []


def test_a_full_disk_leaves_the_backup_of_yesterday(ledger, terminal, kept, shelf_of_backups):
    before = kept.read_bytes()
    with largest_file(65_536), pytest.raises(MoveFailed):
        backup(ledger.database, kept, replace=True, progress=quietly)
    assert (kept.read_bytes(), list(shelf_of_backups.iterdir())) == (before, [kept])


def test_a_folder_that_is_not_there_is_said(ledger, tmp_path):
    with pytest.raises(MoveFailed, match="No such file or directory"):
        backup(ledger.database, tmp_path / "nowhere" / "books", replace=False, progress=quietly)


@pytest.mark.tampered
def test_books_that_do_not_hold_are_not_kept_as_a_backup(ledger, terminal, shelf_of_backups):
    with ledgers.tampering(ledger) as connection:
        connection.execute("UPDATE account_balances SET balance_cents = balance_cents + 1")
    with pytest.raises(NotWhole, match="W1"):
        backup(ledger.database, shelf_of_backups / "books.backup", replace=False, progress=quietly)
    assert list(shelf_of_backups.iterdir()) == []


@pytest.mark.parametrize("elsewhere", BOTH_DATABASES, indirect=True)
def test_a_backup_comes_back_into_either_database(ledger, kept, target):
    before = kept.read_bytes()
    assert restore(kept, target, quietly).commands_meanwhile == 0
    with ledger_on(target) as back:
        assert ledgers.contents(back) == ledgers.contents(ledger)
    assert kept.read_bytes() == before
    assert os.listdir(kept.parent) == [kept.name]


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("offset", [0, HEADER_BYTES, 10 * HEADER_BYTES, -2 * HEADER_BYTES])
def test_a_file_with_a_broken_page_is_not_restored(kept, target, offset):
    broken = bytearray(kept.read_bytes())
    start = offset % len(broken)
    broken[start : start + 512] = b"\xa5" * 512
    kept.write_bytes(broken)
    with pytest.raises(BackupDamaged, match="books.backup"):
        restore(kept, target, quietly)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_file_is_not_restored(kept, target, share):
    os.truncate(kept, int(kept.stat().st_size * share))
    with pytest.raises(BackupDamaged):
        restore(kept, target, quietly)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_a_file_that_somebody_has_rewritten_is_not_restored(kept, target):
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute("UPDATE account_balances SET balance_cents = balance_cents + 100")
        connection.commit()
    with pytest.raises(NotWhole, match="W1"):
        restore(kept, target, quietly)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_books_are_not_restored_from_themselves(ledger, terminal):
    ledger.database.close()
    with pytest.raises(SameBooks):
        restore(Path(ledger.settings.database_url.database), ledger.database, quietly)


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_the_backup_of_an_older_version_is_upgraded_on_the_way(ledger, kept, target, tmp_path, monkeypatch):
    before, file = ledgers.contents(ledger), kept.read_bytes()
    later = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, later)
    (later / "versions" / "9999_later.py").write_text(
        f"from alembic import op\nrevision, down_revision = '9999', '{schema.newest()}'\n"
        "def upgrade():\n    op.execute(\"UPDATE wallets SET user_name = 'upgraded'\")\n"
    )
    monkeypatch.setattr(schema, "MIGRATIONS", later)
    restore(kept, target, quietly)
    with ledger_on(target) as back:
        assert set(ledgers.rows(back, "SELECT user_name FROM wallets")) == {("upgraded",)}
        assert ledgers.rows(back, "SELECT version_num FROM alembic_version") == [("9999",)]
        assert ledgers.contents(back)["postings"] == before["postings"]
    assert kept.read_bytes() == file


@pytest.mark.parametrize("database_name", ["sqlite"], indirect=True)
def test_the_backup_of_a_newer_version_is_refused(kept, target):
    with closing(sqlite3.connect(kept)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(SchemaOutdated, match="newer"):
        restore(kept, target, quietly)
