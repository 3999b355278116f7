"""Terminals: the one that asks (S1-01), creating one (X-12), rolling its token (X-11)."""

from __future__ import annotations

from flask import g

from ledger.dialects.terminal.conventions import (
    EnvelopedBlueprint,
    authenticate_operator,
    authenticate_terminal,
)
from ledger.dialects.terminal.documentation import documented
from ledger.dialects.terminal.shapes_terminals import NewTerminalSchema, TerminalRequestSchema, TerminalSchema
from ledger.domain.catalog.commands import install_terminal
from ledger.domain.catalog.queries import assortment
from ledger.domain.devices.commands import roll_api_token
from ledger.domain.devices.offline import offline_allowance
from ledger.domain.devices.records import TerminalRecord
from ledger.web.dispatch import ledger, read, run

own = EnvelopedBlueprint("Terminal", __name__, description="The terminal that asks.")
own.before_request(authenticate_terminal)
administration = EnvelopedBlueprint("Administration", __name__, description="Terminals, by operators.")
administration.before_request(authenticate_operator)


@own.get("/terminal")
@own.response(200, TerminalSchema)
@documented(own, "terminal", 401)
def show_terminal():
    """Fetch the terminal that is authenticated, with what it sells."""
    return _shown(g.terminal)


@administration.post("/terminals")
@administration.arguments(TerminalRequestSchema)
@administration.response(201, NewTerminalSchema)
@documented(administration, "operator", 400, 401, 403)
def create_terminal(body):
    """Create a terminal; its api_token is shown in this answer only."""
    details = {"slug": body["id"], "friendly_name": body["friendly_name"], "permission": body["permission"]}
    currency = ledger().settings.currency
    added = run(install_terminal, currency=currency, offers=body["products"], **details).answer
    return _shown(added.terminal, api_token=added.api_token)


@administration.post("/terminals/<terminal_id>/roll-token")
@administration.response(200, NewTerminalSchema)
@documented(administration, "operator", 401, 403, 404)
def roll_token(terminal_id):
    """Give a terminal a new api_token; the old one is dead at once."""
    rolled = run(roll_api_token, slug=terminal_id).answer
    return _shown(rolled.terminal, api_token=rolled.api_token)


def _shown(terminal: TerminalRecord, **further: object) -> dict:
    granted = read(offline_allowance, terminal_id=terminal.id)
    further |= {"offline": granted} if granted else {}
    return {**vars(terminal), "products": read(assortment, terminal_id=terminal.id), **further}
