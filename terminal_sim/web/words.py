"""The page's words in the reader's language."""

from __future__ import annotations

from flask import Request

from terminal_sim.web.texts_de import TEXTS as GERMAN
from terminal_sim.web.texts_en import TEXTS as ENGLISH

LANGUAGES = {"en": "English", "de": "Deutsch"}
COOKIE = "language"
_TEXTS = {"en": ENGLISH, "de": GERMAN}


def language_of(request: Request) -> str:
    """Return what was asked for, or chosen before, or what the browser prefers."""
    for wanted in (request.args.get("language"), request.cookies.get(COOKIE)):
        if wanted in LANGUAGES:
            return wanted
    return request.accept_languages.best_match(list(LANGUAGES), "en")


def words(language: str) -> dict[str, str]:
    """Return all words of one of LANGUAGES, by name."""
    return _TEXTS[language]
