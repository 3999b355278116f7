"""The terminal API's page of decisions says what the code does."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import ledger.bundles
import ledger.demo_data
import ledger.domain
import ledger.domain.closing.queries
import ledger.fleet_data
import ledger.jobs.sealing  # noqa: F401 (as do those of what is done beside the requests)
import ledger.moving
import ledger.web
from ledger.app import DIALECTS
from ledger.dialects.terminal.conventions import STATUSES, STATUSES_BY_CODE
from ledger.foundation import errors
from ledger.foundation.errors import every_refusal
from tests.dialects.terminal.test_url_map import routes

# Every refusal counts, whichever module of the house has it.
for _floor in (ledger.bundles, ledger.domain, ledger.moving, ledger.web):
    for _found in pkgutil.walk_packages(_floor.__path__, f"{_floor.__name__}."):
        import_module(_found.name)
README = Path(ledger.demo_data.__file__).parent / "dialects" / "terminal" / "README.md"
TEXT = README.read_text()


def code_to_status() -> dict[str, int]:
    """Return each code of the house with this API's status for it (but the codes of bare kinds)."""
    ours = [refusal for refusal in every_refusal() if refusal.__module__.startswith("ledger.")]
    kinds = {refusal.code for refusal in ours if refusal.__module__ == errors.__name__} - {
        "invalid",
        "unauthenticated",
    }
    found = {refusal.code: STATUSES_BY_CODE.get(refusal.code, STATUSES[refusal.kind]) for refusal in ours}
    return {code: status for code, status in found.items() if code not in kinds}


def table() -> dict[str, int]:
    """Return the codes of the table with their statuses."""
    return {
        code: int(status) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", TEXT, re.MULTILINE)
    }


def never_said() -> set[str]:
    """Return the codes that are said to be raised by no route."""
    return set(re.findall(r"`(\w+)`", TEXT.split("that no route here raises:")[1]))


def test_the_table_of_refusals_is_complete_and_true():
    expected = code_to_status()
    assert table() | {code: expected[code] for code in never_said()} == expected
    assert table().keys() & never_said() == set()


def test_every_route_is_listed(app):
    listed = re.findall(r"^\| \S+ \| `(\w+) (/pos\S*)` \|", TEXT, re.MULTILINE)
    named = {(method, re.sub(r"<[^>]+>", "{}", path)) for method, path in listed}
    assert named | {("GET", "/pos/openapi.json"), ("GET", "/pos/docs")} == routes(app)


def test_the_statuses_of_the_table_are_those_that_the_dialect_documents(app):
    (terminal,) = [dialect for dialect in DIALECTS if dialect.name == "terminal"]
    document = app.test_client().get(f"{terminal.prefix}/openapi.json").json
    documented = {
        int(status)
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for status in operation["responses"]
    }
    assert {status for status in documented if status >= 400} == set(table().values()) - {405, 500}
