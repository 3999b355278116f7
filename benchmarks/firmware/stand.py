"""The stand of the figures: a real ledger that is served, one rich wallet, and devices on a bench."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.debits import SECRET_KEY
from benchmarks.servers import ledger_server
from ledger.domain.catalog.commands import install_terminal
from ledger.domain.catalog.records import Offer
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade
from terminal_sim import Bench
from terminal_sim.machine import Machine

TOKEN = "04A1B2C3D4E5F6"  # noqa: S105 - the number of a card
PRICE_CENTS = 120


@dataclass
class Stand:
    """A ledger, a folder for what the figures need, and devices."""

    ledger: Ledger
    folder: Path
    bench: Bench
    url: str

    def terminal(self, device: str, name: str, **config: object) -> Machine:
        """Put a device of this name on the bench; only what sells has products."""
        sells = device == "coffee_machine"
        details = {"slug": name.replace("_", "-"), "friendly_name": name, "currency": "EUR"}
        details |= {"permission": TerminalPermission.DEBIT if sells else TerminalPermission.ALL}
        details |= {"offers": (Offer("espresso", "Espresso", PRICE_CENTS),) if sells else ()}
        installed = self.ledger.run(install_terminal, actor=operator_on_this_machine(), **details)
        return self.bench.terminal(device, self.url, installed.answer.api_token, name=name, **config)


@contextmanager
def stand() -> Iterator[Stand]:
    """Serve a ledger for as long as this lasts."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/books.db"
        os.environ |= {"TAPLEDGER_DATABASE_URL": url, "TAPLEDGER_SECRET_KEY": SECRET_KEY}
        settings = Settings.from_environment()
        database = open_database(settings.database_url)
        upgrade(database.engine)
        ledger, actor = Ledger(database, settings), operator_on_this_machine()
        code = ledger.run(open_wallet, actor=actor, currency="EUR", token_id=TOKEN).answer.code
        credit = {"wallet_code": code, "amount_cents": 1_000_000, "description": "Start"}
        ledger.run(top_up_by_hand, actor=actor, **credit)
        with ledger_server(1) as (port, _), Bench(seed=1) as bench:
            yield Stand(ledger, Path(folder), bench, f"http://127.0.0.1:{port}")
        database.close()
