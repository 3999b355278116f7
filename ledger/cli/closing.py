"""`tapledger closing`: the figures of one business day."""

from __future__ import annotations

from typing import Any

import click

from ledger.cli.context import columns, open_ledger, prints
from ledger.domain.closing.queries import closing as closing_of
from ledger.domain.closing.records import ClosingRecord, Figure, Movements
from ledger.foundation.calendar import day as day_of
from ledger.foundation.money import format_cents

_HEADINGS = ("", "top-ups", "sales", "sales reversed", "top-ups reversed")


def _as_data(record: ClosingRecord) -> dict[str, Any]:
    places = [{"kind": at.kind, "name": at.name, **_moved(at.movements)} for at in record.places]
    return {
        "day": record.day.isoformat(),
        "begins_at": record.begins_at.isoformat(),
        "ends_at": record.ends_at.isoformat(),
        "currency": record.currency,
        "opening": record.opening_cents,
        "closing": record.closing_cents,
        "total": _moved(record.total),
        "places": places,
    }


def _moved(movements: Movements) -> dict[str, dict[str, int]]:
    return {name: _figure(figure) for name, figure in vars(movements).items()}


def _figure(figure: Figure) -> dict[str, int]:
    return {"count": figure.count, "amount": figure.amount_cents}


def closing_text(data: dict[str, Any]) -> str:
    """Write a day's figures for people: a line for each place, money held before and after."""
    currency = data["currency"]
    rows = [_HEADINGS, *(_row(f"{at['kind']} {at['name']}", at) for at in data["places"])]
    rows.append(_row("together", data["total"]))
    opening, closing = (format_cents(data[name], currency) for name in ("opening", "closing"))
    lines = [f"{data['day']}, from {data['begins_at']} to {data['ends_at']}"]
    lines += [f"held in wallets at its beginning: {opening}", columns(rows)]
    return "\n".join([*lines, f"held in wallets at its end: {closing}"])


def _row(name: str, moved: dict[str, Any]) -> tuple[str, ...]:
    figures = (moved[column] for column in ("top_ups", "sales", "reversed_sales", "reversed_top_ups"))
    return (name, *(_cell(figure["count"], *divmod(figure["amount"], 100)) for figure in figures))


def _cell(count: int, units: int, cents: int) -> str:
    return f"{units}.{cents:02d} ({count})"


@click.command()
@click.argument("day", required=False, metavar="[DATE]")
@prints(closing_text)
def closing(day: str | None) -> dict[str, Any]:
    """Show what came into wallets and left them on one day (2026-11-01), by terminal and till.

    A day begins and ends at midnight in TAPLEDGER_TIME_ZONE; without DATE it is today, as far as it has
    come.
    """
    ledger = open_ledger()
    zone = ledger.settings.time_zone
    chosen = day_of(day) if day else ledger.clock.now().astimezone(zone).date()
    record = ledger.read(closing_of, day=chosen, zone=zone, currency=ledger.settings.currency)
    return _as_data(record)
