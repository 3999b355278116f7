"""`tapledger sandbox`: a ledger to play with, furnished and served, and made anew each time."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import click

from ledger.cli.context import open_ledger, run
from ledger.cli.folder import own_folder
from ledger.domain.catalog.commands import install_terminal
from ledger.domain.catalog.records import Offer
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.settings import configured_database_url
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade

HOST = "127.0.0.1"
COFFEES = (Offer("espresso", "Espresso", 120), Offer("cappuccino", "Cappuccino", 150))
# name -> what it is called, what it may do, what it sells
TERMINALS: dict[str, tuple[str, TerminalPermission, tuple[Offer, ...]]] = {
    "coffee_machine": ("Coffee machine", TerminalPermission.DEBIT, COFFEES),
    "coin_station": ("Coin station", TerminalPermission.CREDIT, ()),
    "nfc_terminal": ("Front desk", TerminalPermission.CREDIT, ()),
    "vending_machine": ("Vending machine", TerminalPermission.ALL, ()),
}
# Whose wallet, the UID of their token (of 7, 4 and 10 bytes, and one that is not unique), cents on it.
WALLETS = (
    ("Anna", "04A2246B7E1190", 500),
    ("Ben", "DEADBEEF", 30),
    ("Cleo", "04112233445566778899", 800),
    ("Dan", "2F4E11C0", 200),
)


@click.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--folder", default=Path("var/sandbox"), show_default=True, type=click.Path(path_type=Path),
              help="Where its books are; those of an older sandbox are removed.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what is in it as one line of JSON.")
@click.pass_context
def sandbox(context: click.Context, port: int, folder: Path, as_json: bool) -> None:
    """Serve a ledger to play with, until Ctrl-C: four terminals, and four wallets with tokens.

    Its books are made anew, whatever TAPLEDGER_DATABASE_URL says. What is in it is printed first; then
    it says where it is listening.
    """
    with own_folder(folder, "a sandbox"):
        os.environ["TAPLEDGER_DATABASE_URL"] = f"sqlite:///{folder}/books.db"
        inside = _furnish()
        port = port or _free_port()
        # Whoever has started this may prepare for it while the server, imported only now, comes up.
        click.echo(json.dumps({"url": f"http://{HOST}:{port}", **inside}) if as_json else _told(inside))
        from ledger.cli.serve import serve

        context.invoke(serve, host=HOST, port=port, workers=1, log_level="error")


def _furnish() -> dict[str, list[dict[str, str | int]]]:
    """Make the books; returns each terminal with its api_token, and each wallet with its token."""
    database = open_database(configured_database_url())
    upgrade(database.engine)
    database.close()
    ledger = open_ledger()
    currency = ledger.settings.currency
    terminals, wallets = [], []
    for slug, (name, permission, offers) in TERMINALS.items():
        details = {"slug": slug, "friendly_name": name, "permission": permission, "offers": offers}
        added = run(ledger, install_terminal, currency=currency, **details)
        terminals.append({"id": slug, "name": name, "api_token": added.api_token})
    for user_name, token_id, cents in WALLETS:
        opened = run(ledger, open_wallet, currency=currency, token_id=token_id, user_name=user_name)
        gift = {"amount_cents": cents, "description": "To play with"}
        run(ledger, top_up_by_hand, wallet_code=opened.code, **gift)
        wallets.append({"user_name": user_name, "token_id": token_id, "cents": cents})
    # The server's processes are forked from this one, and a connection must not be.
    ledger.database.close()
    return {"terminals": terminals, "wallets": wallets}


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


def _told(inside: dict[str, list[dict[str, str | int]]]) -> str:
    terminals = [f"terminal {each['id']}, api_token {each['api_token']}" for each in inside["terminals"]]
    wallets = [f"{each['user_name']}, token {each['token_id']}, {each['cents']} cents"
               for each in inside["wallets"]]  # fmt: skip
    return "\n".join(terminals + wallets)
