"""What a worker of our own server serves: an ASGI application around Flask, with the short way beside it.

On the event loop nothing waits for the books. A body arrives there whole before anybody is occupied with
it, plain requests are answered there (`web.express`), and Flask answers the others in threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import build_environ
from flask import Flask

from ledger.storage.command import Outcome, Request
from ledger.web.dialect import Dialect
from ledger.web.dispatch import EXTENSION
from ledger.web.express import STATUS, Express, ExpressRoute
from ledger.web.headers import further
from ledger.web.limits import MAX_LARGE_BODY_BYTES, MAX_UNHEARD_BYTES
from ledger.web.observation import HEADER, Observer

# How many requests Flask answers at once: most of their time they wait for the writer or the database.
THREADS = 32
_FRAMING = (b"content-length", b"transfer-encoding")
_IS_LATE = "tapledger.is_late"
Scope = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Front:
    """The ASGI application of one worker; `run` asks the writer for a command."""

    def __init__(
        self,
        app: Flask,
        dialects: tuple[Dialect, ...],
        run: Callable[[Request], Awaitable[Outcome]],
    ) -> None:
        self._flask = WSGIMiddleware(app, workers=THREADS)
        self._express = Express(dialects, app.extensions[EXTENSION], run, self._in_thread)
        self._observer = Observer(dialects)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # WSGI has one name for `X-Forwarded-For` and `X_Forwarded_For`: who writes the second means no good.
        scope["headers"] = [header for header in scope["headers"] if b"_" not in header[0]]
        body = await _arrived(scope, receive)
        if body is None:
            return
        environ = build_environ(scope, None)
        route = self._express.route_of(environ) if body.is_whole else None
        if route is not None and await self._is_answered(route, environ, body.content, send):
            return
        scope["headers"] = _framed(scope["headers"], body)
        answer: list[dict[str, Any]] = []
        await self._flask(scope, _once(body.content), _into(answer))
        # By now the thread is free: a client that takes its answer slowly, or never, holds none.
        for message in answer:
            await send(message)

    def note_late(self, scope: Scope) -> None:
        """Wait no longer for the rest of a request's body, whoever is waiting; the connection wakes them."""
        scope[_IS_LATE] = True

    async def _is_answered(
        self, route: ExpressRoute, environ: dict[str, Any], body: bytes, send: Send
    ) -> bool:
        noted = self._observer.begin(environ)
        content = await self._express.answer(route, environ, body)
        if content is None:
            self._observer.leave()
            return False
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        headers += [(HEADER, noted.id), *further(environ["PATH_INFO"], headers)]
        written = [(name.lower().encode(), value.encode()) for name, value in headers]
        self._observer.end(environ, noted, STATUS)
        await send({"type": "http.response.start", "status": int(STATUS[:3]), "headers": written})
        await send({"type": "http.response.body", "body": content})
        return True

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._flask.executor, function, *arguments)


class _Body(NamedTuple):
    """What has arrived of a body: as much as anybody would read of it, and how long it was."""

    content: bytes
    length: int
    is_whole: bool


async def _arrived(scope: Scope, receive: Receive) -> _Body | None:
    """Return a request's body when it has arrived, or what has of it when it is late; None: nobody waits."""
    content, length, is_more = bytearray(), 0, True
    # Who is refused for too much is heard out, within bounds, and comes to hear the refusal.
    while is_more and length <= MAX_UNHEARD_BYTES and _IS_LATE not in scope:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message["body"]
        length += len(piece)
        if len(content) <= MAX_LARGE_BODY_BYTES:
            content += piece
        is_more = message["more_body"]
    return _Body(bytes(content), length, not is_more)


def _framed(headers: Headers, body: _Body) -> Headers:
    """Return the headers for a body that was taken from the wire; one that is not whole promises more."""
    framing = [header for header in headers if header[0] in _FRAMING]
    if not framing:
        return headers
    length = body.length if body.is_whole else body.length + 1
    rest = [header for header in headers if header[0] not in _FRAMING]
    return [*rest, (b"content-length", str(length).encode())]


def _once(content: bytes) -> Receive:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


def _into(kept: list[dict[str, Any]]) -> Send:
    async def send(message: dict[str, Any]) -> None:
        kept.append(message)

    return send
