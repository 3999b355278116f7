"""Security headers on every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from ledger.web.openapi import PAGE_POLICY

STRICT_POLICY = (
    "default-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
)
_DOCUMENTATION = (*_ALWAYS, ("Content-Security-Policy", PAGE_POLICY))
# Everything comes from here, forms go to here, and what people see of money is kept nowhere.
_PAGE = (
    *_ALWAYS,
    ("Content-Security-Policy", STRICT_POLICY),
    ("Cache-Control", "no-store"),
)
# Balances are nobody's business but the asker's, and stale the moment they are read.
_ANSWER = (*_ALWAYS, ("Cache-Control", "no-store"))


def install(app: Flask) -> None:
    """Add the headers to every answer, around Flask: by its own way it costs ten times as much."""
    inner = app.wsgi_app

    def hardened(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, *further(environ["PATH_INFO"], headers)], *error)

        return inner(environ, start)

    app.wsgi_app = hardened


def further(path: str, headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the headers that an answer of this path with these headers has beside them."""
    if any(name == "Content-Type" and kind.startswith("text/html") for name, kind in headers):
        return _DOCUMENTATION if path.endswith("/docs") else _PAGE
    return _ALWAYS if path.startswith("/static/") else _ANSWER
