"""What is noted of each request: its id, its line in the log, its figures.

Neither holds a path, a query, a body or a credential: a route is noted as its template.
"""

from __future__ import annotations

import itertools
import logging
import re
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from flask import Flask, request

from ledger.foundation.errors import Refusal
from ledger.foundation.ids import Ids
from ledger.foundation.logs import log_facts, request_id
from ledger.instruments import REFUSALS, REQUESTS, REQUESTS_IN_FLIGHT
from ledger.web.dialect import Dialect, dialect_of

log = logging.getLogger(__name__)
HEADER = "X-Request-Id"
OTHER = "other"
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_RULE, _ACTOR, _REFUSAL = "tapledger.rule", "tapledger.actor", "tapledger.refusal"
# Looking a figure up by its labels costs as much as setting it.
_seconds, _refused = cache(REQUESTS.labels), cache(REFUSALS.labels)


def note_rule(environ: dict[str, Any], rule: str) -> None:
    """Remember which route it is that answers."""
    environ[_RULE] = rule


def note_actor(environ: dict[str, Any], name: str) -> None:
    """Remember who is asking, for the line in the log."""
    environ[_ACTOR] = name


def note_refusal(refusal: Refusal) -> None:
    """Remember what was refused."""
    request.environ[_REFUSAL] = refusal.code


def install(app: Flask, dialects: tuple[Dialect, ...]) -> None:
    """Note every request, whatever becomes of it.

    This stands around Flask and not among its hooks: they and its proxies would cost ten times as much.
    """
    app.wsgi_app = _observed(app.wsgi_app, Observer(dialects))

    @app.before_request
    def note_rule_of_request() -> None:
        if request.url_rule is not None:
            note_rule(request.environ, request.url_rule.rule)


def _observed(app: Callable, observer: Observer) -> Callable:
    def observed(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        said = []

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            said.append(status)
            headers.append((HEADER, noted.id))
            return start_response(status, headers, *error)

        noted = observer.begin(environ)
        try:
            return app(environ, start)
        finally:
            # Our answers are whole when they are returned; only a file is still sent after this.
            observer.end(environ, noted, said[-1] if said else "500")

    return observed


class Noted(NamedTuple):
    """A request that is being answered: its id, and since when (a performance counter)."""

    id: str
    begun_at_s: float


class Observer:
    """Notes requests as they begin and end."""

    def __init__(self, dialects: tuple[Dialect, ...]) -> None:
        self._dialects = dialects
        # Unique and cheap is enough for an id that proves nothing: drawn once a process, then counted.
        self._drawn, self._numbers = Ids().code("req"), itertools.count(1)

    def begin(self, environ: dict[str, Any]) -> Noted:
        """Note that a request has begun."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        own_id = given if _SANE_ID.fullmatch(given) else f"{self._drawn}-{next(self._numbers)}"
        request_id.set(own_id)
        REQUESTS_IN_FLIGHT.inc()
        return Noted(own_id, time.perf_counter())

    def leave(self) -> None:
        """Leave a request to somebody else, who notes it from its beginning."""
        REQUESTS_IN_FLIGHT.dec()
        request_id.set("")

    def end(self, environ: dict[str, Any], noted: Noted, status: str) -> None:
        """Note how a request was answered."""
        duration_s = time.perf_counter() - noted.begun_at_s
        REQUESTS_IN_FLIGHT.dec()
        self._note(environ, status[:3], duration_s)
        request_id.set("")

    def _note(self, environ: dict[str, Any], status: str, duration_s: float) -> None:
        method, route = environ["REQUEST_METHOD"], environ.get(_RULE, OTHER)
        _seconds(method if method in _METHODS else OTHER, route, status).observe(duration_s)
        code = environ.get(_REFUSAL)
        if code is not None:
            dialect = dialect_of(self._dialects, environ["PATH_INFO"])
            _refused(dialect.name if dialect else OTHER, code).inc()
        if log.isEnabledFor(logging.INFO):
            facts = {
                "method": method,
                "route": route,
                "status": int(status),
                "duration_ms": round(duration_s * 1000, 2),
                "actor": environ.get(_ACTOR),
                "refusal": code,
            }
            log_facts(log, "answered", facts)
