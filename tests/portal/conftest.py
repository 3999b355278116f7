"""A browser's side of the pages, without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ledger.domain.access import passwords
from ledger.domain.access.commands import add_operator
from ledger.domain.access.records import Role
from ledger.domain.access.signing_in import set_password
from tests.web.applications import opened_app

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
_PROOF = re.compile(r'name="form_proof" value="([0-9a-f]+)"')


class Visitor:
    """Somebody with a browser that keeps cookies and sends the forms that it was shown."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.client = app.test_client()
        self._headers = {"Accept-Language": language}

    def get(self, path: str, **options: object) -> TestResponse:
        """Open a page."""
        headers = {**self._headers, **options.pop("headers", {})}
        return self.client.get(path, base_url="https://localhost", headers=headers, **options)

    def send(self, path: str, shown_at: str | None = None, **fields: object) -> TestResponse:
        """Send the form of a page, with the proof that it carries."""
        proof = _PROOF.search(self.get(shown_at or path).text).group(1)
        data = {"form_proof": proof, **fields}
        return self.client.post(path, base_url="https://localhost", headers=self._headers, data=data)

    def sign_in(
        self, username: str = "ada", password: str = PASSWORD, path: str = "/sign-in"
    ) -> TestResponse:
        """Sign in."""
        return self.send(path, username=username, password=password)


@pytest.fixture
def app(ledger) -> Iterator[Flask]:
    """Open the application on the test's ledger."""
    with opened_app(ledger) as opened:
        yield opened


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Hash the password once: it takes its time."""
    return passwords.hashed(PASSWORD, username="ada")


@pytest.fixture
def ada(ledger, operator, password_hash) -> str:
    """Add somebody of the staff who can sign in."""
    ledger.run(add_operator, actor=operator, username="ada", role=Role.STAFF)
    ledger.run(set_password, actor=operator, username="ada", password_hash=password_hash)
    return "ada"


@pytest.fixture
def visitor(app) -> Visitor:
    """Return somebody with a fresh browser."""
    return Visitor(app)
