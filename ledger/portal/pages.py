"""The blueprint that all pages hang on, with what is done before and after each of them."""

from __future__ import annotations

from flask import Blueprint

from ledger.portal import guard, language

pages = Blueprint(
    "portal", __name__, template_folder="templates", static_folder="static", static_url_path="/static/portal"
)
pages.before_request(guard.identify)
pages.before_request(guard.protect)
pages.after_request(guard.keep_visitor)
pages.after_request(language.keep_chosen)


@pages.context_processor
def _words_of_every_page() -> dict[str, object]:
    return {
        "actor": guard.somebody(),
        "form_proof": guard.form_proof,
        "form_field": guard.FORM_FIELD,
        "form_header": guard.FORM_HEADER,
        "language_code": language.language_code(),
    }
