"""Books of a released version, with money in them, come through the migrations whole and go on."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text

from ledger.domain.devices.queries import actor_of, terminal_by_slug
from ledger.domain.holds.commands import capture, reserve
from ledger.domain.wallets.commands import debit
from ledger.domain.wallets.queries import wallet_by_token
from ledger.storage import schema
from ledger.storage.answers import fingerprint
from ledger.storage.database import open_database
from tests.factories.ledgers import broken_proofs, opened_ledger, rows

AT = "2026-11-21 08:00:00.000000"
ABOUT = {"token_id": "04A2247E", "description": "Coffee"}
FINGERPRINT = fingerprint("wallets.debit", {"amount_cents": 130, **ABOUT})
# What 0.1.0 remembered with a key: the wallet's record as it was then.
REMEMBERED = (
    '{"id": 1, "code": "wal_1", "account_id": 1, "user_name": "anna",'
    ' "created_at": "2026-11-21T08:00:00+00:00", "balance_cents": 870, "floor_cents": -50,'
    ' "currency": "EUR", "token_id": "04A2247E"}'
)
ACCOUNTS = ("wallet:wal_1", "wallet"), ("till:house", "till"), ("terminal_sales:kiosk", "terminal_sales")
# Written as 0.1.0 wrote it, by its own columns: the code of today knows the tables of today only.
BOOKS_OF_0_1_0 = [
    *(
        "INSERT INTO accounts (code, kind, normal_side, currency, created_at)"
        f" VALUES ('{code}', '{kind}', '{'debit' if kind == 'till' else 'credit'}', 'EUR', '{AT}')"
        for code, kind in (*ACCOUNTS, ("cash_box:kiosk", "cash_box"))
    ),
    "INSERT INTO account_balances (account_id, balance_cents, floor_cents) VALUES (1, 870, -50)",
    f"INSERT INTO wallets (code, account_id, user_name, created_at) VALUES ('wal_1', 1, 'anna', '{AT}')",
    "INSERT INTO wallet_tokens (token_id, as_given, wallet_id, paired_at)"
    f" VALUES ('04A2247E', '04A2247E', 1, '{AT}')",
    "INSERT INTO terminals (slug, friendly_name, permission, sales_account_id, cash_account_id, created_at)"
    f" VALUES ('kiosk', 'Kiosk', 'all', 3, 4, '{AT}')",
    "INSERT INTO audit_log (recorded_at, command, actor_kind, actor_name, origin)"
    f" VALUES ('{AT}', 'wallets.top_up_by_hand', 'system', 'command line', 'command line'),"
    f" ('{AT}', 'wallets.debit', 'terminal', 'kiosk', '127.0.0.1')",
    "INSERT INTO postings (code, source_id, destination_id, amount_cents, kind, description, terminal_id,"
    " command_id, recorded_at)"
    f" VALUES ('txn_1', 2, 1, 1000, 'top_up', 'Cash', NULL, 1, '{AT}'),"
    f" ('txn_2', 1, 3, 130, 'debit', 'Coffee', 1, 2, '{AT}')",
    "INSERT INTO domain_events (command_id, name, payload, recorded_at) VALUES"
    f""" (1, 'wallet.topped_up', '{{"wallet": "wal_1", "amount_cents": 1000}}', '{AT}'),"""
    f""" (2, 'wallet.debited', '{{"wallet": "wal_1", "amount_cents": 130}}', '{AT}')""",
    "INSERT INTO idempotency_keys (scope, key, fingerprint, answer, command_id, recorded_at)"
    f" VALUES ('terminal:kiosk', 'k1', '{FINGERPRINT}', '{REMEMBERED}', 2, '{AT}')",
]


def _migrate_to(database, revision):
    config = schema._config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.fixture
def upgraded(shelf):
    """Give books that 0.1.0 has kept, under the newest schema."""
    url = shelf.empty()
    database = open_database(url)
    _migrate_to(database, "0001")
    with database.writing() as connection:
        for statement in BOOKS_OF_0_1_0:
            connection.execute(text(statement.replace(":", r"\:")))
    assert schema.upgrade(database.engine) == ("0001", schema.newest())
    database.close()
    with opened_ledger(url) as ledger:
        yield ledger


def test_books_of_0_1_0_are_whole_after_the_upgrade(upgraded):
    assert broken_proofs(upgraded) == []
    kept = "SELECT account_id, balance_cents, floor_cents, held_cents FROM account_balances"
    assert rows(upgraded, kept) == [(1, 870, -50, 0)]
    assert rows(upgraded, "SELECT code, amount_cents FROM postings ORDER BY id") == [
        ("txn_1", 1000),
        ("txn_2", 130),
    ]


def test_a_key_of_0_1_0_is_still_remembered(upgraded):
    actor = actor_of(upgraded.read(terminal_by_slug, slug="kiosk"))
    again = upgraded.run(debit, actor=actor, key="k1", amount_cents=130, **ABOUT)
    assert (again.is_repeat, again.answer.balance_cents) == (True, 870)
    assert len(rows(upgraded, "SELECT 1 FROM postings")) == 2


def test_books_of_0_1_0_go_on(upgraded):
    actor = actor_of(upgraded.read(terminal_by_slug, slug="kiosk"))
    held = upgraded.run(reserve, actor=actor, amount_cents=920, **ABOUT).answer
    assert held.available_cents == 0
    upgraded.run(capture, actor=actor, hold_code=held.hold.code, amount_cents=900)
    upgraded.run(debit, actor=actor, amount_cents=20, **ABOUT)
    assert upgraded.read(wallet_by_token, token_id="04A2247E").balance_cents == -50
    assert broken_proofs(upgraded) == []
