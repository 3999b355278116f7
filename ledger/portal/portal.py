"""Puts the pages together, and says refusals as a page."""

from __future__ import annotations

from flask import Flask, render_template
from flask.typing import ResponseReturnValue

from ledger.foundation.errors import Kind, Refusal
from ledger.portal import desk, language, sign_in
from ledger.portal.pages import pages
from ledger.portal.words import said

__all__ = ["PORTAL", "desk", "install", "sign_in"]

_STATUSES = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.UNAVAILABLE: 503,
}
_PATHS = ("/sign-in", "/sign-out", "/set-up", "/desk", "/me", "/operate")


class Portal:
    """The pages as the error handler sees them: which paths are theirs, and how they say a refusal."""

    prefix = ""

    def speaks(self, path: str) -> bool:
        """Say whether a path is a page's."""
        return path == "/" or path in _PATHS or path.startswith(tuple(f"{each}/" for each in _PATHS))

    def say(self, refusal: Refusal) -> ResponseReturnValue:
        """Say a refusal as a page."""
        return render_template("portal/refusal.html", refusal=said(refusal)), _STATUSES[refusal.kind]


PORTAL = Portal()


def install(app: Flask) -> None:
    """Register the pages."""
    language.install(app)
    app.register_blueprint(pages)
