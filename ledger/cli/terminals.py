"""`tapledger terminal …`: terminals, what they sell, and their tokens."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.context import Cents, columns, open_ledger, prints, run
from ledger.domain.catalog.commands import install_terminal, pair_terminal
from ledger.domain.catalog.queries import assortment
from ledger.domain.catalog.records import NewTerminal, Offer
from ledger.domain.devices.commands import roll_api_token
from ledger.domain.devices.offline import grant_offline, offline_allowance
from ledger.domain.devices.queries import terminals
from ledger.domain.devices.records import OfflineAllowanceRecord, TerminalPermission, TerminalRecord


class OfferType(click.ParamType):
    """A product at a terminal, as ID:NAME:CENTS."""

    name = "id:name:cents"

    def convert(self, value: Any, param: Any, ctx: Any) -> Offer:
        """Return the offer; fails with an example when it has another form."""
        slug, _, rest = str(value).partition(":")
        label, _, cents = rest.rpartition(":")
        if not slug or not label:
            self.fail(f"{value!r} is no product: write ID:NAME:CENTS, espresso:Espresso:25", param, ctx)
        return Offer(slug, label, Cents().convert(cents, param, ctx))


@click.group()
def terminal() -> None:
    """Terminals: coffee machines, coin acceptors, phones, services."""


def _with_token(data: dict[str, Any]) -> str:
    return (
        f"{data['id']} ({data['friendly_name']}, {data['permission']})\n"
        f"api_token: {data['api_token']}\n"
        "Keep it now: it is shown this once. `tapledger terminal roll` makes a new one."
    )


@terminal.command("add")
@click.argument("slug", metavar="ID")
@click.option("--name", required=True, help="What people see on receipts and displays.")
@click.option("--permission", required=True, type=click.Choice([item.value for item in TerminalPermission]))
@click.option("--product", "offers", multiple=True, type=OfferType(), help="Repeat for each product.")
@prints(_with_token)
def add_terminal(slug: str, name: str, permission: str, offers: tuple[Offer, ...]) -> dict[str, Any]:
    """Add a terminal and print its api_token, once."""
    ledger = open_ledger()
    details = {"slug": slug, "friendly_name": name, "permission": TerminalPermission(permission)}
    added = run(ledger, install_terminal, currency=ledger.settings.currency, offers=offers, **details)
    return _shown(added.terminal, added.offers, api_token=added.api_token)


def _list_text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "no terminals yet: tapledger terminal add ID --name NAME --permission debit"
    head = ("ID", "NAME", "PERMISSION", "PRODUCTS")
    return columns([head, *[_list_row(row) for row in rows]])


def _list_row(row: dict[str, Any]) -> tuple[str, ...]:
    sold = ", ".join(f"{product['id']} {product['price']}" for product in row["products"])
    return row["id"], row["friendly_name"], row["permission"], sold or "-"


def _paired_text(data: dict[str, Any]) -> str:
    about = f"{data['id']} ({data['friendly_name']}, {data['permission']})"
    return f"paired with {about}\nThe device takes its api_token by itself within ten minutes."


@terminal.command("pair")
@click.argument("code")
@click.argument("slug", metavar="ID")
@click.option("--name", help="What people see; with it ID is a new terminal.")
@click.option("--permission", type=click.Choice([item.value for item in TerminalPermission]))
@click.option("--product", "offers", multiple=True, type=OfferType(), help="Repeat for each product.")
@prints(_paired_text)
def pair(
    code: str, slug: str, name: str | None, permission: str | None, offers: tuple[Offer, ...]
) -> dict[str, Any]:
    """Let the device that shows CODE be the terminal ID: a new one with --name, or one that exists.

    The device fetches its api_token itself, and then the terminal's former one is dead.
    """
    if bool(name) != bool(permission) or (offers and not name):
        raise click.UsageError("A new terminal needs --name and --permission; one that exists takes neither.")
    ledger = open_ledger()
    details = name and NewTerminal(name, TerminalPermission(permission), ledger.settings.currency, offers)
    paired = run(ledger, pair_terminal, code=code, slug=slug, new=details or None)
    return _shown(paired, ledger.read(assortment, terminal_id=paired.id))


def _offline_text(data: dict[str, Any]) -> str:
    granted = data["offline"]
    if not granted:
        return f"{data['id']} sells nothing without asking"
    return (
        f"{data['id']} may sell without asking: {granted['per_token']} cents a token,\n"
        f"{granted['in_sum']} cents in sum, {granted['count']} times, until it was not heard for "
        f"{granted['hours']} hours.\n"
        "Its device learns of it within a minute; what is refused when it settles is your loss."
    )


@terminal.command("offline")
@click.argument("slug", metavar="ID")
@click.option("--per-token", "per_token_cents", type=Cents(), help="Cents that one token may owe.")
@click.option("--in-sum", "in_sum_cents", type=Cents(), help="Cents that all of them may owe.")
@click.option("--count", type=int, help="How many sales may be unsettled, 32 at most.")
@click.option("--hours", type=int, help="For how long the device may not have been heard.")
@click.option("--none", "is_none", is_flag=True, help="Take the grant back.")
@prints(_offline_text)
def offline(slug: str, is_none: bool, **limits: int | None) -> dict[str, Any]:
    """Let the device of the terminal ID sell within limits while it cannot ask, or --none."""
    ledger = open_ledger()
    given = [limit for limit in limits.values() if limit is not None]
    if len(given) != (0 if is_none else len(limits)):
        raise click.UsageError("Give all four limits, or --none.")
    allowance = None if is_none else OfflineAllowanceRecord(**limits)
    granted = run(ledger, grant_offline, slug=slug, allowance=allowance)
    kept = ledger.read(offline_allowance, terminal_id=granted.id)
    shown = kept and {name.removesuffix("_cents"): limit for name, limit in vars(kept).items()}
    return {"id": granted.slug, "offline": shown}


@terminal.command("list")
@prints(_list_text)
def list_terminals() -> list[dict[str, Any]]:
    """List the terminals with what they sell, prices in cents."""
    ledger = open_ledger()
    known = ledger.read(terminals)
    return [_shown(record, ledger.read(assortment, terminal_id=record.id)) for record in known]


@terminal.command("roll")
@click.argument("slug", metavar="ID")
@prints(_with_token)
def roll(slug: str) -> dict[str, Any]:
    """Give a terminal a new api_token; the old one is dead at once."""
    ledger = open_ledger()
    rolled = run(ledger, roll_api_token, slug=slug)
    offers = ledger.read(assortment, terminal_id=rolled.terminal.id)
    return _shown(rolled.terminal, offers, api_token=rolled.api_token)


def _shown(record: TerminalRecord, offers: tuple[Offer, ...], **further: Any) -> dict[str, Any]:
    products = [
        {"id": offer.slug, "friendly_name": offer.label, "price": offer.price_cents} for offer in offers
    ]
    return {
        "id": record.slug,
        "friendly_name": record.friendly_name,
        "permission": record.permission.value,
        "products": products,
        **further,
    }
