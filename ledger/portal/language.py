"""In which language and by whose clock a page speaks: English and German, and the house's time zone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

from flask import Flask, Response, g, request
from flask_babel import Babel, format_datetime, format_time, get_locale
from flask_babel import format_currency as format_currency_of_number

from ledger.web.dispatch import ledger

LANGUAGES = ("en", "de")
COOKIE = "tapledger_language"
_A_YEAR_S = 31_536_000
_TRANSLATIONS = Path(__file__).parent / "translations"


def install(app: Flask) -> None:
    """Let templates translate, and write money in the reader's way."""
    Babel(
        app,
        default_translation_directories=str(_TRANSLATIONS),
        locale_selector=chosen,
        timezone_selector=lambda: ledger().settings.time_zone.key,
    )
    app.jinja_env.filters |= {"money": money, "clock": clock_time, "moment": moment}


def chosen() -> str:
    """Return the language of this request: the one that was clicked, or the browser's."""
    if "language" not in g:
        kept = request.args.get("language") or request.cookies.get(COOKIE)
        g.language = kept if kept in LANGUAGES else request.accept_languages.best_match(LANGUAGES, "en")
    return g.language


def money(amount_cents: int, currency: str | None = None) -> str:
    """Write cents as people read them: `€12.50`, or `12,50 €`."""
    return format_currency_of_number(Decimal(amount_cents) / 100, currency or ledger().settings.currency)


def clock_time(at: datetime) -> str:
    """Write the time of day by the house's clock."""
    return format_time(at, "short")


def moment(at: datetime) -> str:
    """Write day and time by the house's clock."""
    return format_datetime(at, "short")


def language_code() -> str:
    """Return the language for the page's `lang` attribute."""
    return str(get_locale())


def keep_chosen(response: Response) -> Response:
    """Let the browser keep the language that was clicked; for `after_request`."""
    if request.args.get("language") in LANGUAGES:
        response.set_cookie(COOKIE, request.args["language"], samesite="Lax", max_age=_A_YEAR_S)
    return response
