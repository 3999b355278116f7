"""Opens the application over a test's ledger, and asks it as somebody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Request

from ledger.app import create_app
from ledger.domain.access import tokens
from ledger.domain.access.commands import add_operator
from ledger.domain.access.records import Role
from ledger.foundation.actor import operator_on_this_machine
from ledger.foundation.clock import Clock
from ledger.foundation.ids import Ids
from ledger.service import Ledger
from ledger.web.dispatch import EXTENSION
from ledger.web.front import Front
from tests.factories.ledgers import COMPILED, contents, forget_durability


@contextmanager
def opened_app(ledger: Ledger, *, clock: Clock | None = None, ids: Ids | None = None) -> Iterator[Flask]:
    """Open the application on the same books, as a server's worker would."""
    app = create_app(ledger.settings, clock=clock or ledger.clock, ids=ids)
    opened = app.extensions[EXTENSION]
    forget_durability(opened)
    # The connection with which it looked at the schema still waits for the disk.
    opened.database.close()
    opened.database.engine.update_execution_options(compiled_cache=COMPILED)
    try:
        yield app
    finally:
        opened.database.close()


class FrontClient:
    """Asks a worker's front as a connection would; it stands where Flask's test client does."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def open(self, path: str, *, headers: dict[str, str], buffered: bool, **options: object) -> TestResponse:
        """Send one request and return its answer."""
        environ = EnvironBuilder(path, headers=headers, **options).get_environ()
        said: list[dict] = []

        async def send(message: dict) -> None:
            said.append(message)

        asyncio.run(self._front(_scope(environ), _receiving(environ["wsgi.input"].read()), send))
        start, *rest = said
        told = [(name.decode(), value.decode()) for name, value in start["headers"]]
        content = [message["body"] for message in rest]
        return TestResponse(content, str(start["status"]), Headers(told), Request(environ))


def _scope(environ: dict) -> dict:
    given = {name.removeprefix("HTTP_"): value for name, value in environ.items() if name.startswith("HTTP_")}
    given |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    headers = [
        (name.replace("_", "-").lower().encode(), str(value).encode()) for name, value in given.items()
    ]
    return {
        "type": "http", "http_version": "1.1", "scheme": "http", "root_path": "", "client": ("127.0.0.1", 5),
        "method": environ["REQUEST_METHOD"], "path": environ["PATH_INFO"], "headers": headers,
        "query_string": environ["QUERY_STRING"].encode(), "server": ("127.0.0.1", 80),
    }  # fmt: skip


def _receiving(body: bytes) -> Callable:
    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class Caller:
    """Somebody who asks the application, with a bearer token or without one."""

    def __init__(self, app: Flask, token: str | None = None) -> None:
        self._client = app.test_client()
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, **options: object) -> TestResponse:
        """Send one request; `json` or `data` is its body, further `headers` win over the credential."""
        headers = {**self._headers, **options.pop("headers", {})}
        # Buffered, so that a file which is sent is closed as well.
        return self._client.open(path, method=method, headers=headers, buffered=True, **options)

    def get(self, path: str, **options: object) -> TestResponse:
        """Send a GET."""
        return self.ask("GET", path, **options)

    def post(self, path: str, body: object = None, **options: object) -> TestResponse:
        """Send a POST with a JSON body."""
        return self.ask("POST", path, **({} if body is None else {"json": body}), **options)

    def put(self, path: str, body: object = None, **options: object) -> TestResponse:
        """Send a PUT with a JSON body."""
        return self.ask("PUT", path, **({} if body is None else {"json": body}), **options)


def operator_token(ledger: Ledger, username: str = "anna", role: Role = Role.ADMIN) -> str:
    """Add an operator and return a token that proves to be them for five minutes."""
    ledger.run(add_operator, actor=operator_on_this_machine(), username=username, role=role)
    return tokens.issue(username, ledger.settings.secret_key, ledger.clock, timedelta(minutes=5))


@contextmanager
def nothing_is_written(ledger: Ledger) -> Iterator[None]:
    """Hold that what happens inside leaves every row of every table as it was."""
    before = contents(ledger)
    yield
    assert contents(ledger) == before
