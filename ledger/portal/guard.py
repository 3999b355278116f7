"""Who is at the browser: the session's cookie, and the proof that a form is one of our own pages'."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import TypeVar

from flask import Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ledger.domain.access.errors import CredentialRefused
from ledger.domain.access.records import SessionRecord
from ledger.domain.access.signing_in import operator_by_session
from ledger.foundation.actor import Actor, ActorKind
from ledger.foundation.errors import Forbidden
from ledger.foundation.permissions import Permission
from ledger.web.dispatch import act_as, ledger, read
from ledger.web.origin import is_https, is_loopback, origin_of

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
SESSION_COOKIE = "tapledger_session"
# Stands for a session in the forms of somebody who has none yet.
VISITOR_COOKIE = "tapledger_visitor"
FORM_FIELD, FORM_HEADER = "form_proof", "X-Form-Proof"
_SAFE = ("GET", "HEAD", "OPTIONS")


class FormNotOurs(Forbidden):
    """A form came without the proof that one of our pages sent it, or the session has changed since."""

    code = "form_not_ours"
    message = "This page was too old, or not ours. Nothing was booked. Load it again."


def protect() -> None:
    """Refuse with FormNotOurs what another page lets the browser send; for `before_request`."""
    if request.method in _SAFE:
        return
    given = request.form.get(FORM_FIELD) or request.headers.get(FORM_HEADER, "")
    if not hmac.compare_digest(given.encode(), form_proof().encode()):
        raise FormNotOurs


def form_proof() -> str:
    """Return what a form of this browser proves itself with: it goes with the session."""
    cookie = request.cookies.get(SESSION_COOKIE) or _visitor_secret()
    key = ledger().settings.secret_key.encode()
    return hmac.new(key, b"form:" + cookie.encode(), sha256).hexdigest()


def keep_visitor(response: Response) -> Response:
    """Let the browser keep what its forms are proven by; for `after_request`."""
    if "visitor_secret" in g:
        _set_cookie(response, VISITOR_COOKIE, g.visitor_secret)
    return response


def identify() -> None:
    """Let the request be asked by whoever has signed in with this browser; for `before_request`."""
    secret = request.cookies.get(SESSION_COOKIE)
    if secret:
        with suppress(CredentialRefused):
            act_as(read(operator_by_session, secret=secret, clock=ledger().clock))


def somebody() -> Actor | None:
    """Return who has signed in with this browser."""
    actor = g.get("actor")
    return actor if actor is not None and actor.kind is ActorKind.OPERATOR else None


def signed_in(permission: Permission) -> Callable[[View], View]:
    """Let a view be answered for operators with this permission only; others come to sign in first."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
            actor = somebody()
            if actor is None:
                return _to_sign_in()
            actor.require(permission)
            return view(*args, **kwargs)

        return guarded

    return decorate


def keep_session(response: Response, session: SessionRecord) -> Response:
    """Let the browser keep a new session until it ends."""
    _set_cookie(response, SESSION_COOKIE, session.secret, expires=session.ends_at)
    response.delete_cookie(VISITOR_COOKIE)
    return response


def forget_session(response: Response) -> Response:
    """Let the browser forget its session."""
    response.delete_cookie(SESSION_COOKIE)
    return response


def keeps_cookies() -> bool:
    """Say whether the browser will keep a cookie of ours: only over HTTPS, or from this machine itself."""
    proxies = ledger().settings.trusted_proxies
    return is_https(request.environ, proxies) or is_loopback(origin_of(request.environ, proxies))


def _to_sign_in() -> ResponseReturnValue:
    target = url_for("portal.show_sign_in", next=request.full_path.rstrip("?"))
    if request.headers.get("HX-Request"):
        # A part of a page is asked for: the whole page goes.
        return "", 204, {"HX-Redirect": target}
    return redirect(target, 303)


def _visitor_secret() -> str:
    kept = request.cookies.get(VISITOR_COOKIE)
    if kept:
        return kept
    if "visitor_secret" not in g:
        g.visitor_secret = ledger().ids.secret()
    return g.visitor_secret


def _set_cookie(response: Response, name: str, value: str, **more: object) -> None:
    response.set_cookie(name, value, secure=True, httponly=True, samesite="Lax", **more)
