"""From a route to the domain: read a query or run a command as the actor of this request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any, TypeVar

from flask import current_app, g, request

from ledger.foundation.actor import Actor
from ledger.foundation.errors import Unavailable
from ledger.instruments import count_events
from ledger.service import Ledger
from ledger.storage.command import Command, Outcome, Request
from ledger.storage.database import translated_errors
from ledger.web.observation import note_actor
from ledger.web.origin import bearer_token_of, origin_of

__all__ = [
    "EXTENSION",
    "Command",
    "Outcome",
    "act_as",
    "bearer_token",
    "end_reading",
    "hand_over",
    "ledger",
    "read",
    "run",
    "run_together",
]

Answer = TypeVar("Answer")
EXTENSION = "tapledger"
# What the server knows of a request is what the short way and Flask's have in common.
_SCOPE, _FAILED = "asgi.scope", "tapledger.failed"


def ledger() -> Ledger:
    """Return the ledger of this application."""
    return current_app.extensions[EXTENSION]


def act_as(actor: Actor) -> None:
    """Let the rest of this request be asked by `actor`; where it came from goes into the audit trail."""
    note_actor(request.environ, actor.name)
    g.actor = replace(actor, origin=origin_of(request.environ, ledger().settings.trusted_proxies))


def read(query: Callable[..., Answer], **arguments: Any) -> Answer:
    """Run a query; all of a request's queries see one state of the books, until it runs a command."""
    with translated_errors():
        if "reader" not in g:
            g.reading = ExitStack()
            g.reader = g.reading.enter_context(ledger().database.reading())
        return query(g.reader, **arguments)


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
    if (failed := request.environ.get(_SCOPE, {}).get(_FAILED)) is not None:
        raise failed
    if command.grouped_by is None:
        ledger().recent.forget()
    outcome = ledger().run(command, actor=g.actor, key=key, dry_run=dry_run, **arguments)
    if not dry_run:
        count_events(outcome.events)
    return outcome


def hand_over(environ: dict[str, Any], error: Exception) -> None:
    """Let a request be answered, on Flask's way, with what its command has been refused with already."""
    environ[_SCOPE][_FAILED] = error


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
            count_events(outcome.events)
    return outcomes


def bearer_token() -> str:
    """Return the request's bearer token, or an empty string."""
    return bearer_token_of(request.environ)
