"""From a route to the domain: read a query or run a command as the actor of this request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import current_app, g, request

from ledger.foundation.actor import Actor
from ledger.instruments import EVENTS
from ledger.service import Ledger
from ledger.storage.command import Command
from ledger.storage.runner import Outcome
from ledger.web.observation import note_actor
from ledger.web.origin import client_address

__all__ = ["EXTENSION", "Outcome", "act_as", "bearer_token", "ledger", "read", "run"]

Answer = TypeVar("Answer")
EXTENSION = "tapledger"


def ledger() -> Ledger:
    """Return the ledger of this application."""
    return current_app.extensions[EXTENSION]


def act_as(actor: Actor) -> None:
    """Let the rest of this request be asked by `actor`; where it came from goes into the audit trail."""
    peer, forwarded = request.remote_addr or "", request.environ.get("HTTP_X_FORWARDED_FOR", "")
    note_actor(actor.name)
    g.actor = replace(actor, origin=client_address(peer, forwarded, ledger().settings.trusted_proxies))


def read(query: Callable[..., Answer], **arguments: Any) -> Answer:
    """Run a query."""
    return ledger().read(query, **arguments)


def run(
    command: Command[Answer], *, key: str | None = None, dry_run: bool = False, **arguments: Any
) -> Outcome[Answer]:
    """Run a command as this request's actor."""
    outcome = ledger().run(command, actor=g.actor, key=key, dry_run=dry_run, **arguments)
    if not dry_run:
        for event in outcome.events:
            EVENTS.labels(event).inc()
    return outcome


def bearer_token() -> str:
    """Return the token of `Authorization: Bearer …`, or an empty string."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
