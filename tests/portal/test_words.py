"""Every sentence of the pages stands in German too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from babel.messages.pofile import read_po

from ledger.domain.access import errors as access
from ledger.domain.books import errors as books
from ledger.domain.wallets import errors as wallets
from ledger.foundation import errors
from ledger.foundation.errors import Refusal
from ledger.portal import amounts, guard, sign_in
from ledger.storage import database, keys, runner
from ledger.web import errors as web

PORTAL = Path("ledger/portal")
CATALOG = PORTAL / "translations" / "de" / "LC_MESSAGES" / "messages.po"


def _catalog() -> dict[str, str]:
    with CATALOG.open("rb") as file:
        return {_first(message.id): message.string for message in read_po(file, locale="de") if message.id}


def _first(said: str | tuple[str, ...]) -> str:
    """Return a sentence in the singular, which stands for both numbers."""
    return said if isinstance(said, str) else said[0]


def _all(said: str | tuple[str, ...] | None) -> bool:
    return bool(said) and (isinstance(said, str) or all(said))


def _refusals(*modules: object) -> set[str]:
    found = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return {each.message for each in found if issubclass(each, Refusal) and "message" in vars(each)}


def test_every_sentence_on_a_page_stands_in_german(tmp_path):
    target = tmp_path / "messages.pot"
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "extract", "-F",
         PORTAL / "translations" / "babel.toml", "-o", target, PORTAL],
        check=True, capture_output=True,
    )  # fmt: skip
    with target.open("rb") as file:
        said = {_first(message.id) for message in read_po(file) if message.id}
    catalog = _catalog()
    assert len(said) > 10
    assert {sentence for sentence in said if not _all(catalog.get(sentence))} == set()


def test_every_refusal_that_a_page_says_stands_in_german():
    said = _refusals(access, books, wallets, guard, sign_in, amounts, errors, web, keys, runner, database)
    assert {sentence for sentence in said if not _catalog().get(sentence)} == set()


def test_a_translation_keeps_what_is_put_in():
    for sentence, german in _catalog().items():
        for each in [german] if isinstance(german, str) else german:
            assert sorted(_places(sentence)) == sorted(_places(each)), sentence


def _places(sentence: str) -> list[str]:
    return [word.split(")")[0] for word in sentence.split("%(")[1:]]
