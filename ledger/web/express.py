"""The short way: plain requests of the route that is asked most, answered without Flask around them.

Flask's way through a request costs several times what its booking does. A dialect names a route, and what
is plain of it (its method and path, a bearer token, one JSON object of a known length, no query) is answered
from here. Everything else goes Flask's way as if this were not here, and so does whatever is not answered
well: there is one place that says what is wrong, and in which order. A command that was run here is not run
there again: what it was refused with is handed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from flask import Flask

from ledger.foundation.actor import Actor
from ledger.instruments import count_events
from ledger.service import Ledger
from ledger.storage.command import Command, Outcome
from ledger.web.dialect import Dialect
from ledger.web.dispatch import hand_over
from ledger.web.limits import MAX_BODY_BYTES, strict_json
from ledger.web.observation import note_actor, note_rule
from ledger.web.origin import bearer_token_of, origin_of

_write = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class Plain:
    """A plain request: its bearer token, the variable part of its path, and its body."""

    bearer_token: str
    place: str
    body: Any


@dataclass(frozen=True)
class Asked:
    """The command that a plain request asks for."""

    actor: Actor
    command: Command
    key: str | None
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ExpressRoute:
    """The short way of one POST route.

    `rule` is Flask's, `path` matches the plain ones of its paths and has one group. `ask` finds out what a
    request asks for, and may refuse; `answer` makes the answer to what was done. The command itself must
    refuse whatever the route's own checks do.
    """

    rule: str
    path: re.Pattern[str]
    ask: Callable[[Ledger, Plain], Asked]
    answer: Callable[[Plain, Outcome], Any]


def install(app: Flask, dialects: tuple[Dialect, ...], ledger: Ledger) -> None:
    """Let plain requests go the short way."""
    app.wsgi_app = Express(app.wsgi_app, dialects, ledger)


class Express:
    """A WSGI application that answers plain requests itself and leaves the others to `app`."""

    def __init__(self, app: Callable, dialects: tuple[Dialect, ...], ledger: Ledger) -> None:
        self._app = app
        self._ledger = ledger
        self._routes = [route for dialect in dialects for route in dialect.express]

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        """Answer a request."""
        answer = self._answer(environ)
        if answer is None:
            return self._app(environ, start_response)
        content = f"{_write(answer)}\n".encode()
        length = ("Content-Length", str(len(content)))
        start_response("201 CREATED", [("Content-Type", "application/json"), length])
        return [content]

    def _answer(self, environ: dict[str, Any]) -> Any | None:
        for route in self._routes:
            if (found := route.path.fullmatch(environ["PATH_INFO"])) and _is_plain(environ):
                return self._answer_by(route, environ, found[1])
        return None

    def _answer_by(self, route: ExpressRoute, environ: dict[str, Any], place: str) -> Any | None:
        try:
            plain = Plain(bearer_token_of(environ), place, strict_json(_body(environ)))
            asked = route.ask(self._ledger, plain)
        except Exception:
            # Nothing has been run yet, so whatever it is can be met again where it is said.
            return None
        actor = replace(asked.actor, origin=origin_of(environ, self._ledger.settings.trusted_proxies))
        try:
            outcome = self._ledger.run(asked.command, actor=actor, key=asked.key, **asked.arguments)
        except Exception as error:
            hand_over(environ, error)
            return None
        if outcome.is_repeat:
            # It moved nothing, and whether it may be told is for the route's own checks.
            return None
        count_events(outcome.events)
        note_rule(environ, route.rule)
        note_actor(environ, actor.name)
        return route.answer(plain, outcome)


def _is_plain(environ: dict[str, Any]) -> bool:
    return (
        environ["REQUEST_METHOD"] == "POST"
        and not environ.get("QUERY_STRING")
        and environ.get("CONTENT_TYPE") == "application/json"
        and environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
        and "HTTP_TRANSFER_ENCODING" not in environ
        and environ.get("CONTENT_LENGTH", "").isdecimal()
        and 0 < int(environ["CONTENT_LENGTH"]) < MAX_BODY_BYTES
    )


def _body(environ: dict[str, Any]) -> bytes:
    length = int(environ["CONTENT_LENGTH"])
    body = environ["wsgi.input"].read(length)
    # Whoever goes on with this request finds its body untouched.
    environ["wsgi.input"] = BytesIO(body)
    if len(body) != length:
        raise ValueError("the body has not arrived whole")
    return body
