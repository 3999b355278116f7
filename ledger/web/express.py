"""The short way: plain requests of the route that is asked most, answered without Flask around them.

Flask's way through a request costs several times what its booking does, and takes a thread. A dialect names
a route, and what is plain of it (its method and path, a bearer token, one JSON object of a known length, no
query) is answered from here, on the server's event loop. Everything else goes Flask's way as if this were
not here, and so does whatever is not answered well: there is one place that says what is wrong, and in which
order. A command that was run here is not run there again: what it was refused with is handed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from ledger.foundation.actor import Actor
from ledger.instruments import count_events
from ledger.service import Ledger
from ledger.storage.command import Command, Outcome, Request
from ledger.web.dialect import Dialect
from ledger.web.dispatch import hand_over
from ledger.web.limits import MAX_BODY_BYTES, strict_json
from ledger.web.observation import note_actor, note_rule
from ledger.web.origin import bearer_token_of, origin_of

STATUS = "201 CREATED"
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
    request asks for, and may refuse; it reads the books unless `is_recent`. `answer` makes the answer to what
    was done. The command is one that the writer books in groups, and it refuses itself whatever the route's
    own checks do.
    """

    rule: str
    path: re.Pattern[str]
    is_recent: Callable[[Ledger, Plain], bool]
    ask: Callable[[Ledger, Plain], Asked]
    answer: Callable[[Plain, Outcome], Any]


class Express:
    """Answers plain requests by asking the writer, and leaves the others.

    `run` asks the writer; `in_thread` calls a function that may wait for the database.
    """

    def __init__(
        self,
        dialects: tuple[Dialect, ...],
        ledger: Ledger,
        run: Callable[[Request], Awaitable[Outcome]],
        in_thread: Callable[..., Awaitable[Any]],
    ) -> None:
        self._routes = [route for dialect in dialects for route in dialect.express]
        self._ledger = ledger
        self._run = run
        self._in_thread = in_thread

    def route_of(self, environ: dict[str, Any]) -> ExpressRoute | None:
        """Return the short way that a request may go: its head is plain, its body has not been looked at."""
        if not _is_plain(environ):
            return None
        return next((route for route in self._routes if route.path.fullmatch(environ["PATH_INFO"])), None)

    async def answer(self, route: ExpressRoute, environ: dict[str, Any], body: bytes) -> bytes | None:
        """Return the content of a request's answer, whose status is STATUS; None sends it Flask's way."""
        try:
            place = route.path.fullmatch(environ["PATH_INFO"])[1]
            plain = Plain(bearer_token_of(environ), place, strict_json(body))
            asked = await self._asked(route, plain)
        except Exception:
            # Nothing has been run yet, so whatever it is can be met again where it is said.
            return None
        actor = replace(asked.actor, origin=origin_of(environ, self._ledger.settings.trusted_proxies))
        request = Request.of(asked.command, actor=actor, key=asked.key, arguments=asked.arguments)
        try:
            outcome = await self._run(request)
        except Exception as error:
            hand_over(environ, error)
            return None
        if outcome.is_repeat:
            # It moved nothing, and whether it may be told is for the route's own checks.
            return None
        count_events(outcome.events)
        note_rule(environ, route.rule)
        note_actor(environ, actor.name)
        return f"{_write(route.answer(plain, outcome))}\n".encode()

    async def _asked(self, route: ExpressRoute, plain: Plain) -> Asked:
        if route.is_recent(self._ledger, plain):
            return route.ask(self._ledger, plain)
        return await self._in_thread(route.ask, self._ledger, plain)


def _is_plain(environ: dict[str, Any]) -> bool:
    return (
        environ["REQUEST_METHOD"] == "POST"
        and not environ["QUERY_STRING"]
        and environ.get("CONTENT_TYPE") == "application/json"
        and environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
        and "HTTP_TRANSFER_ENCODING" not in environ
        and environ.get("CONTENT_LENGTH", "").isdecimal()
        and 0 < int(environ["CONTENT_LENGTH"]) < MAX_BODY_BYTES
    )
