"""Fills a ledger with so many consistent postings, keys, audit rows and events, always the same ones.

.venv/bin/python -m benchmarks.volume DATABASE_URL [--postings 1000000] [--wallets 1000]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from ledger.domain.catalog.commands import install_terminal
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.reader import Reader
from ledger.storage.schema import upgrade

FLOAT_CENTS = 100_000_000
TERMINALS = 10
# A posting in a hundred moves the one before it back, and one in a hundred is wallet number 0's.
REVERSED_EVERY = 100
FAVOURED_EVERY = 100
CHUNK_POSTINGS = 100_000
BEGAN_AT = datetime(2025, 1, 1, tzinfo=UTC)
# What each database calls the moment `n` seconds after the beginning, and a text that is JSON.
_MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', '2025-01-01', '+' || n || ' seconds')",
    "postgresql": "TIMESTAMPTZ '2025-01-01 00:00:00+00' + n * INTERVAL '1 second'",
}
_JSON = {"sqlite": "{}", "postgresql": "CAST({} AS JSON)"}
# `n` is the posting, `m` the posting that it is about: itself, or for a reversal the one before. Codes rise
# with time and a terminal's keys with its number, as those that `Ids` and the devices make.
_NUMBERS = f"""WITH RECURSIVE numbers(n) AS (
        SELECT CAST(:first AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < :last),
    movements AS (SELECT n, CASE WHEN n % {REVERSED_EVERY} = 0 THEN n - 1 ELSE n END AS m FROM numbers),
    facts AS (SELECT n, m, n <> m AS is_reversal, 1 + m * 7919 % 100 AS cents,
        'txn_' || substr(CAST(10000000000000000 + n AS VARCHAR), 2) AS code,
        'volume_' || CAST(m % {TERMINALS} AS VARCHAR) AS slug,
        CAST(:wallet AS BIGINT) + CASE WHEN m % {FAVOURED_EVERY} = 1 THEN 0 ELSE m * 31 % :wallets END
            AS wallet_account
        FROM movements)"""
_AUDIT_ROWS = """INSERT INTO audit_log (id, recorded_at, command, actor_kind, actor_name, origin)
    {numbers} SELECT :command + n, {moment}, CASE WHEN is_reversal THEN 'wallets.reverse_key'
        ELSE 'wallets.debit' END, 'terminal', slug, '127.0.0.1' FROM facts"""
_POSTINGS = """INSERT INTO postings (id, code, source_id, destination_id, amount_cents, kind, description,
        tag, terminal_id, reverses_id, command_id, recorded_at)
    {numbers} SELECT :posting + n, code,
        CASE WHEN is_reversal THEN sales_account_id ELSE wallet_account END,
        CASE WHEN is_reversal THEN wallet_account ELSE sales_account_id END,
        cents, CASE WHEN is_reversal THEN 'reversal' ELSE 'debit' END, 'Coffee', 'coffee', terminals.id,
        CASE WHEN is_reversal THEN :posting + m END, :command + n, {moment}
    FROM facts JOIN terminals ON terminals.slug = facts.slug ORDER BY n"""
_EVENTS = """INSERT INTO domain_events (command_id, name, payload, recorded_at)
    {numbers} SELECT :command + n, CASE WHEN is_reversal THEN 'transaction.reversed'
        ELSE 'wallet.debited' END, {payload}, {moment} FROM facts"""
_PAYLOAD = """'{"wallet": "wal_' || CAST(wallet_account AS VARCHAR) || '", "transaction": "' || code
    || '", "amount_cents": ' || CAST(cents AS VARCHAR) || '}'"""
_KEYS = """INSERT INTO idempotency_keys (scope, key, fingerprint, answer, command_id, recorded_at)
    {numbers} SELECT 'terminal:' || slug, 'volume-' || substr(CAST(10000000000000000 + n AS VARCHAR), 2),
        'volume', {answer}, :command + n, {moment} FROM facts"""
_ANSWER = """'{"id": ' || CAST(wallet_account AS VARCHAR) || ', "code": "' || code
    || '", "user_name": null, "balance_cents": 1234, "floor_cents": 0, "currency": "EUR"}'"""
_BALANCES = """UPDATE account_balances SET balance_cents = balance_cents + moved.cents
    FROM (SELECT account_id, sum(cents) AS cents FROM (
        SELECT destination_id AS account_id, amount_cents AS cents
        FROM postings WHERE id BETWEEN :posting + :first AND :posting + :last
        UNION ALL SELECT source_id, -amount_cents
        FROM postings WHERE id BETWEEN :posting + :first AND :posting + :last) AS sides
    GROUP BY account_id) AS moved WHERE moved.account_id = account_balances.account_id"""
_COUNTED = ("postings", "audit_log")


def fill(
    ledger: Ledger, *, postings: int, wallets: int = 1_000, tell: Callable[[int], object] = lambda _: None
) -> None:
    """Fill an empty, migrated ledger of either kind with so many postings beside its wallets' floats.

    Wallet number k hangs on the token `token_id(k)`; terminals are `volume_0` to `volume_9`. The rows
    are what the commands would have written, and indexes grow as they would have grown; the guards stay
    in force. PostgreSQL's user has to be a superuser. `tell` is told how many postings there are so far.
    """
    actor, currency = operator_on_this_machine(), ledger.settings.currency
    for number in range(TERMINALS):
        names = {"slug": f"volume_{number}", "friendly_name": f"Volume {number}"}
        details = names | {"permission": TerminalPermission.ALL, "offers": ()}
        ledger.run(install_terminal, actor=actor, currency=currency, **details)
    opened = [
        ledger.run(open_wallet, actor=actor, currency=currency, token_id=token_id(number)).answer
        for number in range(wallets)
    ]
    for wallet in opened:
        credit = {"wallet_code": wallet.code, "amount_cents": FLOAT_CENTS, "description": "Float"}
        ledger.run(top_up_by_hand, actor=actor, **credit)
    accounts = [wallet.account_id for wallet in opened]
    if accounts != list(range(accounts[0], accounts[0] + wallets)):
        raise ValueError("only an empty ledger that nobody else uses can be filled")
    _multiply(ledger, postings, {"wallet": accounts[0], "wallets": wallets}, tell)


def token_id(number: int) -> str:
    """Return the token that wallet number `number` hangs on."""
    return f"04{number:012X}"


def _multiply(
    ledger: Ledger, postings: int, values: dict[str, int], tell: Callable[[int], object]
) -> None:
    with ledger.database.writing() as connection:
        Reader(connection).take_time()
        for name, table in (("posting", "postings"), ("command", "audit_log")):
            values[name] = connection.scalar(text(f"SELECT coalesce(max(id), 0) FROM {table}"))
    for first in range(1, postings + 1, CHUNK_POSTINGS):
        last = min(first + CHUNK_POSTINGS - 1, postings)
        with ledger.database.writing() as connection:
            Reader(connection).take_time()
            _insert(connection, values | {"first": first, "last": last})
        tell(last)
    with ledger.database.writing() as connection:
        Reader(connection).take_time()
        if connection.dialect.name == "postgresql":
            for table in _COUNTED:
                numbers = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                connection.execute(text(numbers))


def _insert(connection: Connection, values: dict[str, int]) -> None:
    dialect = connection.dialect.name
    if dialect == "sqlite":
        # The indexes that are written at random places should stay in memory.
        connection.exec_driver_sql("PRAGMA cache_size = -262144")
    else:
        # Foreign keys, looked up one by one, are half of the work, and the audit looks at them all. What is
        # append only is guarded ALWAYS, here too.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    words = {"numbers": _NUMBERS, "moment": _MOMENT[dialect]}
    words |= {"payload": _JSON[dialect].format(_PAYLOAD), "answer": _JSON[dialect].format(_ANSWER)}
    for statement in (_AUDIT_ROWS, _POSTINGS, _EVENTS, _KEYS, _BALANCES):
        connection.execute(text(statement.format(**words)), values)


def main() -> None:
    """Fill the database at a URL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", metavar="DATABASE_URL")
    parser.add_argument("--postings", type=int, default=1_000_000)
    parser.add_argument("--wallets", type=int, default=1_000)
    options = parser.parse_args()
    url = make_url(options.url).render_as_string(hide_password=False)
    secret_key = "for a ledger that nobody signs in to"
    environment = {"TAPLEDGER_DATABASE_URL": url, "TAPLEDGER_SECRET_KEY": secret_key}
    settings = Settings.from_environment(environment)
    database = open_database(settings.database_url)
    upgrade(database.engine)
    fill(Ledger(database, settings), postings=options.postings, wallets=options.wallets)
    database.close()


if __name__ == "__main__":
    main()
