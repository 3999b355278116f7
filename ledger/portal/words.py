"""What a page says of a refusal: what happened, in the reader's language, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import format_time, gettext

from ledger.foundation.errors import Refusal


@dataclass(frozen=True)
class Said:
    """A refusal in words: `message` for the whole, `fields` for each field of a form."""

    code: str
    message: str
    fields: dict[str, list[str]]


def said(refusal: Refusal) -> Said:
    """Return the words for a refusal."""
    fields = {name: [gettext(each) for each in sentences] for name, sentences in refusal.fields.items()}
    message = gettext(refusal.message)
    if until := refusal.details.get("until"):
        message = (
            f"{message} {gettext('It is possible again at %(time)s.', time=format_time(until, 'short'))}"
        )
    return Said(refusal.code, message, fields)
