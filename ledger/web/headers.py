"""Security headers on every answer."""

from __future__ import annotations

from flask import Flask, Response, request

from ledger.web.openapi import PAGE_POLICY

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


def install(app: Flask) -> None:
    """Add the headers to every answer of the application."""

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.extend(_ALWAYS)
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = PAGE_POLICY
        elif not request.path.startswith("/static/"):
            # Balances are nobody's business but the asker's, and stale the moment they are read.
            response.headers["Cache-Control"] = "no-store"
        return response
