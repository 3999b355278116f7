"""From a route to the domain: read a query or run a command as the actor of this request."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any, TypeVar

from flask import current_app, g, request

from ledger.foundation.actor import Actor
from ledger.foundation.errors import Unavailable
from ledger.instruments import EVENTS
from ledger.service import Ledger
from ledger.storage.command import Command, Outcome, Request
from ledger.storage.database import translated_errors
from ledger.web.observation import note_actor
from ledger.web.origin import client_address

__all__ = [
    "EXTENSION",
    "Command",
    "Outcome",
    "act_as",
    "bearer_token",
    "end_reading",
    "ledger",
    "read",
    "recently",
    "run",
    "run_together",
]

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
    """Run a query; all of a request's queries see one state of the books, until it runs a command."""
    with translated_errors():
        if "reader" not in g:
            g.reading = ExitStack()
            g.reader = g.reading.enter_context(ledger().database.reading())
        return query(g.reader, **arguments)


def recently(key: Hashable, look: Callable[[], Answer]) -> Answer:
    """Return what `look` returns, or returned for this key less than a second ago in this process.

    Only for what the command that follows finds out again; any other command forgets it all.
    """
    return ledger().recent.get(key, ledger().clock.now(), look)


def end_reading(_error: BaseException | None = None) -> None:
    """Give back what the request's queries have read with."""
    if g.pop("reader", None) is not None:
        # Nothing was written: a database that has gone away meanwhile takes nothing with it.
        with suppress(Unavailable), translated_errors():
            g.pop("reading").close()


def run(
    command: Command[Answer], *, key: str | None = None, dry_run: bool = False, **arguments: Any
) -> Outcome[Answer]:
    """Run a command as this request's actor."""
    end_reading()
    if command.grouped_by is None:
        ledger().recent.forget()
    outcome = ledger().run(command, actor=g.actor, key=key, dry_run=dry_run, **arguments)
    if not dry_run:
        _count(outcome)
    return outcome


def run_together(
    asked: Sequence[tuple[Command, str | None, dict[str, Any]]],
) -> list[Outcome | Exception]:
    """Run commands, each with its key and its arguments, as this request's actor.

    They are run in their order; each has its own outcome, or the exception that it would have raised.
    """
    end_reading()
    requests = [Request.of(command, actor=g.actor, key=key, arguments=what) for command, key, what in asked]
    outcomes = ledger().runner.run_together(requests)
    for outcome in outcomes:
        if isinstance(outcome, Outcome):
            _count(outcome)
    return outcomes


def _count(outcome: Outcome) -> None:
    for event in outcome.events:
        EVENTS.labels(event).inc()


def bearer_token() -> str:
    """Return the token of `Authorization: Bearer …`, or an empty string."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
