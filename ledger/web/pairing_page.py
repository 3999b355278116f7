"""The page behind a new device's QR code: what its code is for, and what an operator types.

It knows nothing of any device and looks at no books, so nobody can find out by it which codes exist.
"""

from __future__ import annotations

import re

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue

from ledger.domain.devices.rules import normalised_code

_CODE = re.compile(r"[0-9A-Z]{8}")
_ADDRESS = re.compile(r"(https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)((?:/[A-Za-z0-9._~-]+)*)/?")

TEXTS = {
    "en": {
        "title": "A new device",
        "lead": "A new device that shows this code waits to become a terminal.",
        "who": "Who runs the ledger stands before the device, and types on the ledger's machine:",
        "new": "A new terminal",
        "known": "A new device for a terminal that there is",
        "edit": "Put your own id, name and permission in place of coffee, “Coffee” and debit.",
        "time": "A code is good for ten minutes; then the device shows another one.",
        "blind": "Whether one shows it, this page does not know: compare it with the display.",
        "wrong": "This is no code of a device: those have eight letters and digits.",
    },
    "de": {
        "title": "Ein neues Gerät",
        "lead": "Ein neues Gerät, das diesen Code zeigt, will ein Terminal werden.",
        "who": "Wer das Kassenbuch betreut, steht vor dem Gerät und tippt auf dem Rechner des Kassenbuchs:",
        "new": "Ein neues Terminal",
        "known": "Ein neues Gerät für ein Terminal, das es schon gibt",
        "edit": "Für coffee, „Coffee“ und debit setzen Sie Ihre Kennung, Namen und Berechtigung ein.",
        "time": "Ein Code gilt zehn Minuten; danach zeigt das Gerät einen anderen.",
        "blind": "Ob eines ihn zeigt, weiß diese Seite nicht: vergleichen Sie ihn mit der Anzeige.",
        "wrong": "Das ist kein Code eines Geräts: der hat acht Buchstaben und Ziffern.",
    },
}


def page_address(ledger_url: str, code: str) -> str | None:
    """Return the page's address for a code, where a device reaches the ledger; None when that is no address.

    Scheme, host and this page's path have no case, and a QR code of capitals is smaller than one of others.
    """
    whole = _ADDRESS.fullmatch(ledger_url)
    if whole is None:
        return None
    host, prefix = whole.groups()
    return f"{host}{prefix}/pair/{code}" if prefix else f"{host}/pair/{code}".upper()


def install(app: Flask) -> None:
    """Answer `/pair/CODE`, in capitals too; it stands outside all dialects and asks for no credential."""

    @app.get("/pair/<code>")
    @app.get("/PAIR/<code>")
    def pairing_page(code: str) -> ResponseReturnValue:
        """Show the code and the commands, in German or English; 404 for what can be no code."""
        code = normalised_code(code)
        is_code = _CODE.fullmatch(code) is not None
        language = request.accept_languages.best_match(TEXTS, default="en")
        page = render_template(
            "pairing.html", language=language, texts=TEXTS[language], code=code if is_code else None
        )
        return page, 200 if is_code else 404, {"Vary": "Accept-Language", "Content-Language": language}
