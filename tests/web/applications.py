"""Opens the application over a test's ledger, and asks it as somebody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from werkzeug.test import TestResponse

from ledger.app import create_app
from ledger.domain.access import tokens
from ledger.domain.access.commands import add_operator
from ledger.domain.access.records import Role
from ledger.foundation.actor import operator_on_this_machine
from ledger.foundation.clock import Clock
from ledger.foundation.ids import Ids
from ledger.service import Ledger
from ledger.web.dispatch import EXTENSION
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
