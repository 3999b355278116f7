"""Signing in and out, and the page that sets an empty house up."""

from __future__ import annotations

import hmac
from contextlib import suppress
from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.domain.access import passwords
from ledger.domain.access.errors import CredentialRefused
from ledger.domain.access.records import SessionRecord
from ledger.domain.access.signing_in import end_session, is_set_up, set_up_code, visitor
from ledger.domain.access.signing_in import set_up as set_house_up
from ledger.foundation.errors import Invalid, Refusal
from ledger.portal import guard
from ledger.portal.pages import pages
from ledger.portal.words import said
from ledger.web import signing_in
from ledger.web.dispatch import act_as, ledger, read, run


class SetUpCodeWrong(Invalid):
    """The code is not the one on the ledger's console."""

    code = "set_up_code_wrong"
    message = "This is not the code that the ledger shows on its console when it starts."


@pages.get("/sign-in")
def show_sign_in() -> ResponseReturnValue:
    """Ask for name and password; a house that nobody can sign in to is set up first."""
    if not read(is_set_up):
        return redirect(url_for("portal.show_set_up"), 303)
    return render_template("portal/sign_in.html", keeps_cookies=guard.keeps_cookies())


@pages.post("/sign-in")
def do_sign_in() -> ResponseReturnValue:
    """Sign somebody in and lead them to where they wanted to go."""
    try:
        session = signing_in.sign_in(request.form.get("username", ""), request.form.get("password", ""))
    except Refusal as refusal:
        page = render_template("portal/sign_in.html", refusal=said(refusal), keeps_cookies=True)
        return page, 401
    return _welcome(session)


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session of this browser."""
    act_as(visitor())
    # One that is over already is what was asked for.
    with suppress(CredentialRefused):
        run(end_session, secret=request.cookies.get(guard.SESSION_COOKIE, ""))
    return guard.forget_session(make_response(redirect(url_for("portal.show_sign_in"), 303)))


@pages.get("/set-up")
def show_set_up() -> ResponseReturnValue:
    """Ask for the console's code and the first person's name and password."""
    if read(is_set_up):
        return redirect(url_for("portal.show_sign_in"), 303)
    return render_template("portal/set_up.html", keeps_cookies=guard.keeps_cookies())


@pages.post("/set-up")
def do_set_up() -> ResponseReturnValue:
    """Make the first person, an admin, and sign them in."""
    act_as(visitor())
    try:
        session = _set_up(request.form.get("code", ""), request.form.get("username", "").strip())
    except Refusal as refusal:
        return render_template("portal/set_up.html", refusal=said(refusal), keeps_cookies=True), 422
    return _welcome(session)


def _set_up(code: str, username: str) -> SessionRecord:
    right = set_up_code(ledger().settings.secret_key)
    if not hmac.compare_digest(code.strip().upper().encode(errors="replace"), right.encode()):
        raise SetUpCodeWrong(fields={"code": [SetUpCodeWrong.message]})
    password_hash = passwords.hashed(request.form.get("password", ""), username=username)
    return run(set_house_up, username=username, password_hash=password_hash).answer


def _welcome(session: SessionRecord) -> ResponseReturnValue:
    return guard.keep_session(make_response(redirect(_wanted(), 303)), session)


def _wanted() -> str:
    """Return where somebody wanted to go: a page of ours and nowhere else."""
    wanted = request.args.get("next", "")
    parts = urlsplit(wanted)
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if is_ours else url_for("portal.home")
