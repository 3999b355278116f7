"""The published document's literals, and where each of them stands."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "published"
# Where the checkout stands beside the published documents, the copies are held against them.
DOCUMENT = Path(__file__).parents[4] / "shared" / "contracts" / "terminal.txt"
LITERALS = sorted(path.name for path in FOLDER.glob("*.json") if "literal" in json.loads(path.read_text()))


def published(name: str) -> dict[str, Any]:
    """Return a published file as it is: document, line, literal."""
    return json.loads((FOLDER / name).read_text())


def literal(name: str) -> Any:
    """Return a literal of the document."""
    return published(name)["literal"]


def with_decided(value: Any, decided: dict[str, Any]) -> Any:
    """Return a literal with our decisions in it (dotted path -> value).

    A decision that says what the document says already is stale, and fails here.
    """
    changed = deepcopy(value)
    for path, decision in decided.items():
        *way, last = path.split(".")
        holder = changed
        for step in way:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        assert holder[last] != decision, f"{path} is published as {decision!r}: nothing was decided"
        holder[last] = decision
    return changed


def document_lines() -> list[str]:
    """Return the published document's lines; without it, lines put together from the copies alone."""
    if DOCUMENT.exists():
        return DOCUMENT.read_text().split("\n")
    lines = [""] * 200
    for name in LITERALS:
        held = published(name)
        written = json.dumps(held["literal"], indent=0, ensure_ascii=False).split("\n")
        lines[held["line"] - 1 : held["line"] - 1 + len(written)] = written
    for sentence in published("sentences.json")["lines"]:
        lines[sentence["line"] - 1] = sentence["text"]
    return lines
