"""Who may speak to the board: the page that was opened with its secret, on this machine, and nobody else."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, request

PARAMETER = "key"
HOSTS = ("127.0.0.1", "localhost")
SAFE_METHODS = ("GET", "HEAD")
POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


class Guard:
    """Knows the board's secret. It comes once with the address, and from then on in a cookie.

    Any page in the same browser can send requests to a port of this machine. Such a request has another
    origin, or comes without the cookie; one that reaches the port under a foreign name has another host.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_urlsafe(24)

    def protect(self, app: Flask) -> None:
        """Stand before every route of the application."""
        app.before_request(self._check)
        app.after_request(_harden)

    def _check(self) -> Response | None:
        host = urlsplit(f"//{request.host}")
        if host.hostname not in HOSTS:
            abort(403, "This is the board of the machine that it runs on.")
        origin = request.headers.get("Origin")
        if request.method not in SAFE_METHODS and origin != request.host_url.rstrip("/"):
            abort(403, "Only the board's own page may do this.")
        # Cookies know no ports: two boards of one machine must not take each other's.
        cookie = f"board-{host.port or 80}"
        if self._is_ours(request.args.get(PARAMETER, "")):
            opened = redirect("/")
            opened.set_cookie(cookie, self.secret, httponly=True, samesite="Strict")
            return opened
        if not self._is_ours(request.cookies.get(cookie, "")):
            abort(403, "Open the board by the whole address that `tapledger sim` has printed.")
        return None

    def _is_ours(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.secret.encode())


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
