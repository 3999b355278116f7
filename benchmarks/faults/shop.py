"""The shop that faults happen to: its books, one terminal, and wallets with money on them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.postgresql import Cluster, running_cluster
from ledger.domain.audit.queries import audit
from ledger.domain.catalog.commands import install_terminal
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade

WALLETS = 8
FLOAT_CENTS = 10_000_000
SECRET_KEY = "a key that only these servers sign with, and nobody else"
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Shop:
    """Where the books are, the terminal's api_token, and the wallets: token id -> wallet code."""

    url: str
    api_token: str
    wallets: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of a server of this shop."""
        return os.environ | {"TAPLEDGER_DATABASE_URL": self.url, "TAPLEDGER_SECRET_KEY": SECRET_KEY}

    def at(self, url: str) -> Shop:
        """Return the same shop with its books in another place."""
        return Shop(url, self.api_token, self.wallets)


def furnish(url: str) -> Shop:
    """Make the books at a SQLAlchemy URL and open the shop: every wallet holds FLOAT_CENTS."""
    with opened(url) as ledger:
        upgrade(ledger.database.engine)
        actor = operator_on_this_machine()
        details = {"slug": "faulty", "friendly_name": "Faulty", "permission": TerminalPermission.ALL}
        terminal = ledger.run(install_terminal, actor=actor, currency="EUR", **details).answer
        wallets = {}
        for number in range(WALLETS):
            token_id = f"04{number:012X}"
            wallet = ledger.run(open_wallet, actor=actor, currency="EUR", token_id=token_id).answer
            credit = {"wallet_code": wallet.code, "amount_cents": FLOAT_CENTS, "description": "float"}
            ledger.run(top_up_by_hand, actor=actor, **credit)
            wallets[token_id] = wallet.code
    return Shop(url, terminal.api_token, wallets)


def broken_proofs(shop: Shop) -> list[str]:
    """Return what the audit finds wrong with the books; nothing when they are whole."""
    with opened(shop.url) as ledger:
        proofs = ledger.read(audit)
    return [f"{proof.invariant}: {proof.promise}: {proof.findings}" for proof in proofs if not proof.holds]


@contextmanager
def opened(url: str) -> Iterator[Ledger]:
    """Open the ledger at a URL, as the command line does."""
    settings = Settings.from_environment({"TAPLEDGER_DATABASE_URL": url, "TAPLEDGER_SECRET_KEY": SECRET_KEY})
    database = open_database(settings.database_url)
    try:
        yield Ledger(database, settings)
    finally:
        database.close()


@contextmanager
def shop_on(database: str) -> Iterator[tuple[Shop, Cluster | None]]:
    """Open a shop on `sqlite` or `postgresql`; gives the PostgreSQL cluster with it, or None."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            yield furnish(f"sqlite:///{Path(folder, 'books.db')}"), None
        return
    with running_cluster() as cluster:
        cluster.execute("CREATE DATABASE books")
        yield furnish(cluster.url), cluster
