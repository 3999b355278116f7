"""The published OpenAPI document: valid by its own standard, and true of every route."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema_rs
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.specs.openapi.definitions import OPENAPI_31

from ledger.domain.access import tokens
from ledger.foundation.clock import SystemClock
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.web.applications import Caller, operator_token
from tests.web.servers import Server, served

SEED = 20211031
EXAMPLES = 15
DOCUMENT = "/pos/openapi.json"
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
# A well-formed request may still be refused for the state of things: what is no longer there (404), what
# the level does not allow (403), and in this dialect every conflict and every balance too small (400).
REFUSED_FOR_STATE = ["2xx", "400", "401", "403", "404"]


def explore(server: Server, token: str, paths: str, **parameters: str) -> Counter:
    """Run schemathesis on some paths as one caller; returns how often each status was answered.

    Fails with the first contradiction between the document and what a route does.
    """
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "headers": {"Authorization": f"Bearer {token}"},
            "parameters": {f"path.{name}": value for name, value in parameters.items()},
            "generation": {"deterministic": True, "max-examples": EXAMPLES, "database": "none"},
            "phases": {"stateful": {"enabled": False}},  # the document links no routes to each other
            "checks": {
                "positive_data_acceptance": {"expected-statuses": REFUSED_FOR_STATE},
                "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "405"]},
            },
        }
    )
    schema = schemathesis.openapi.from_url(f"{server.url}{DOCUMENT}", config=config).include(path_regex=paths)
    statuses, problems = Counter(), []
    for event in from_schema(schema).execute():
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            problems.append(f"{event.label}: {event.value!r}")
        if isinstance(event, events.ScenarioFinished):
            answered = [interaction.response for interaction in event.recorder.interactions.values()]
            statuses.update(response.status_code for response in answered if response)
            if event.status in (Status.FAILURE, Status.ERROR):
                problems.extend(_failures(event))
    assert problems == [], "\n\n".join(problems)
    return statuses


def _failures(event: events.ScenarioFinished) -> list[str]:
    nodes = [node for found in event.recorder.checks.values() for node in found if node.failure_info]
    failed = [f"{event.phase.value} {event.label} {node.name}: {node.failure_info.failure}" for node in nodes]
    return failed or [f"{event.phase.value} {event.label}: {event.status}"]


def document(app: Flask) -> dict[str, Any]:
    """Return the document as a caller without a credential gets it."""
    answer = Caller(app).get(DOCUMENT)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


def operations(app: Flask) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and description of each operation."""
    paths = document(app)["paths"].items()
    methods = {"get", "post", "put", "patch", "delete"}
    return [(method, path, item[method]) for path, item in paths for method in item if method in methods]


def references(value: Any) -> Iterator[str]:
    """Yield every reference inside a document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_document_is_valid_openapi_31(app):
    found = document(app)
    assert found["openapi"] == "3.1.0"
    jsonschema_rs.validate(OPENAPI_31, found)


def test_each_schema_in_the_document_is_valid_json_schema(app):
    for name, schema in document(app)["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema | {"$schema": JSON_SCHEMA}), name


def test_each_reference_in_the_document_leads_somewhere(app):
    found = document(app)
    used = set(references(found))
    defined = {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}
    assert len(used) > 10
    assert used <= defined


def test_each_operation_says_what_it_does_and_who_may_ask(app):
    names = []
    for method, path, operation in operations(app):
        assert operation["summary"].endswith("."), (method, path)
        needed = "operator" if path.startswith("/pos/terminals") else "terminal"
        # Only a device that has no token yet comes without one.
        assert operation["security"] == ([] if path.startswith("/pos/pairing") else [{needed: []}])
        names.append(operation["operationId"])
    assert len(set(names)) == len(names) == 16


def test_each_operation_documents_the_refusals_that_any_may_meet(app):
    for _method, path, operation in operations(app):
        answers = operation["responses"]
        assert {"401", "503"} - ({"401"} if path.startswith("/pos/pairing") else set()) <= set(answers), path
        assert all("schema" in answer["content"]["application/json"] for answer in answers.values())
        if "requestBody" in operation:
            assert "400" in answers
        if "{" in path and "transactions/{" not in path:
            assert "404" in answers


def test_the_document_names_no_default_that_it_would_refuse(app):
    for name, schema in document(app)["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            if "default" in shape and "$ref" not in shape:
                assert jsonschema_rs.is_valid(shape, shape["default"]), (name, field)


def test_what_a_terminal_meets_is_what_is_published(ledger):
    open_wallet(ledger, balance_cents=100_000_000)
    with served(ledger, workers=1) as server:
        statuses = explore(server, install(ledger).api_token, "^(?!/pos/terminals)", token_id=TOKEN)
    assert min(statuses[status] for status in (200, 201, 400, 401, 404, 405)) > 0


def test_what_an_operator_meets_is_what_is_published(ledger):
    install(ledger)
    operator_token(ledger)
    now = tokens.issue("anna", ledger.settings.secret_key, SystemClock(), timedelta(minutes=10))
    with served(ledger, workers=1) as server:
        statuses = explore(server, now, "^/pos/terminals", terminal_id="coffee_machine")
    assert min(statuses[status] for status in (200, 201, 400, 401, 405)) > 0
