"""The desk: a token is tapped, an amount is pressed, and it is booked; whatever was wrong is undone."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ledger.domain.wallets import pairing
from ledger.domain.wallets.commands import reverse_by_hand, top_up_by_hand
from ledger.domain.wallets.desk import found_wallets, latest_by_hand, seen_token
from ledger.domain.wallets.errors import TokenNotPaired
from ledger.domain.wallets.queries import statement, wallet_by_code
from ledger.foundation.errors import Refusal
from ledger.foundation.permissions import Permission
from ledger.portal.amounts import changes_cents, typed_cents
from ledger.portal.guard import signed_in
from ledger.portal.pages import pages
from ledger.portal.words import said
from ledger.web.dispatch import ledger, read, run

SHOWN_TRANSACTIONS = 6
# Those that no browser wants for itself.
FUNCTION_KEYS = ("F2", "F4", "F6", "F7", "F8", "F9")
_needed = signed_in(Permission.WALLETS_MANAGE)


@pages.get("/desk")
@_needed
def desk() -> ResponseReturnValue:
    """Show the desk; it listens for a token."""
    return _shown("portal/desk/start.html")


@pages.get("/desk/token")
@_needed
def desk_token() -> ResponseReturnValue:
    """Show whom the token on the reader belongs to, or what may be done with one that nobody has."""
    token_id = request.args.get("id", "").strip()
    try:
        seen = read(seen_token, token_id=token_id)
    except TokenNotPaired:
        return _shown("portal/desk/new_token.html", token_id=token_id)
    return _wallet(seen.wallet.code, seen=seen)


@pages.get("/desk/search")
@_needed
def desk_search() -> ResponseReturnValue:
    """Show who is meant by a name, a token or its last digits."""
    text = request.args.get("q", "")
    found = read(found_wallets, text=text)
    replacement = request.args.get("for", "")
    return _shown("portal/desk/found.html", found=found, text=text, replacement=replacement)


@pages.get("/desk/wallets/<code>")
@_needed
def desk_wallet(code: str) -> ResponseReturnValue:
    """Show a wallet."""
    return _wallet(code)


@pages.post("/desk/wallets/<code>/top-ups")
@_needed
def desk_top_up(code: str) -> ResponseReturnValue:
    """Book what was pressed, at once; the form's key books once however often it is sent."""
    form = request.form
    try:
        amount_cents = typed_cents(form.get("pressed") or form.get("amount", ""))
        label = gettext("Cash at the desk")
        run(top_up_by_hand, key=form["key"], wallet_code=code, amount_cents=amount_cents, description=label)
    except Refusal as refusal:
        return _wallet(code, refusal=said(refusal))
    return _wallet(code, booked_cents=amount_cents, changes=changes_cents(amount_cents))


@pages.post("/desk/bookings/<code>/undo")
@_needed
def desk_undo(code: str) -> ResponseReturnValue:
    """Take back what was booked by a booking the other way round."""
    wallet = run(
        reverse_by_hand, key=f"undo-{code}", transaction_code=code, description=gettext("Undone at the desk")
    ).answer
    return _wallet(wallet.code, is_undone=True)


@pages.post("/desk/wallets")
@_needed
def desk_open_wallet() -> ResponseReturnValue:
    """Open a wallet for a token that nobody has."""
    name = request.form.get("user_name", "").strip() or None
    token_id = request.form["token_id"]
    try:
        opening = {"currency": ledger().settings.currency, "token_id": token_id, "user_name": name}
        opened = run(pairing.open_wallet, key=request.form["key"], **opening).answer
    except Refusal as refusal:
        return _shown("portal/desk/new_token.html", token_id=token_id, refusal=said(refusal)), 422
    return _wallet(opened.code)


@pages.post("/desk/wallets/<code>/token")
@_needed
def desk_give_token(code: str) -> ResponseReturnValue:
    """Give a wallet the token that lies on the reader; the one that it had before is blocked."""
    token_id, wallet = request.form["token_id"], read(wallet_by_code, code=code)
    if wallet.token_id is None:
        run(pairing.pair_token, wallet_code=code, token_id=token_id)
    else:
        run(pairing.replace_token, wallet_code=code, new_token_id=token_id)
    return _wallet(code)


@pages.post("/desk/tokens/block")
@_needed
def desk_block_token() -> ResponseReturnValue:
    """Block a token."""
    wallet = run(pairing.block_token, token_id=request.form["token_id"]).answer
    return _wallet(wallet.code)


def _wallet(code: str, **shown: Any) -> ResponseReturnValue:
    told = read(statement, code=code, limit=SHOWN_TRANSACTIONS)
    page = _shown("portal/desk/wallet.html", told=told, amount_keys=_amount_keys(), **shown)
    return page, 422 if "refusal" in shown else 200


def _amount_keys() -> list[tuple[str, int]]:
    """Return the function keys with the cents that they book."""
    return list(zip(FUNCTION_KEYS, ledger().settings.desk_amounts_cents, strict=False))


def _shown(template: str, **values: Any) -> str:
    """Render a part of the desk: alone where a script asked for it, else in the whole page."""
    is_part = "HX-Request" in request.headers
    # Made when the token is read, so that a second press of the same button books nothing more.
    key = ledger().ids.secret()
    return render_template(template, latest=read(latest_by_hand), is_part=is_part, key=key, **values)


@pages.get("/")
def home() -> ResponseReturnValue:
    """Lead to where people work."""
    return redirect(url_for("portal.desk"), 303)
