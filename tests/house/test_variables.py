"""The variables of the environment: what documents and recipes name exists."""

from __future__ import annotations

import re

from ledger.settings import documented, variable
from tests.house.sources import text, tracked_files

NAMED = re.compile(r"\bTAPLEDGER_[A-Z][A-Z_]*[A-Z]\b")
# A simulated terminal's own secret: it is the firmware's setting, not the ledger's.
OF_THE_SIMULATOR = "TAPLEDGER_API_TOKEN"


def _named_in_documents() -> dict[str, set[str]]:
    chosen = [path for path in tracked_files() if path.suffix == ".md" or path.parts[0] == "deploy"]
    return {str(path): set(NAMED.findall(text(path))) for path in chosen}


def test_no_document_names_a_variable_that_does_not_exist():
    known = {variable(name) for name in documented()} | {OF_THE_SIMULATOR}
    unknown = {path: names - known for path, names in _named_in_documents().items()}
    assert {path: names for path, names in unknown.items() if names} == {}


def test_the_readme_names_where_the_books_are_and_where_to_read_on():
    assert "TAPLEDGER_DATABASE_URL" in _named_in_documents()["README.md"]
    assert "tapledger settings" in text(next(path for path in tracked_files() if path.name == "README.md"))
