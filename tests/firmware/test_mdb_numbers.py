"""The numbers of the vending bus's answers stand in two modules, because only such names cost no memory."""

from __future__ import annotations

import re
from pathlib import Path

DRIVERS = Path(__file__).parents[2] / "firmware" / "drivers"


def _answers(module: str) -> dict[str, int]:
    text = (DRIVERS / f"{module}.py").read_text()
    numbered = text[text.index("_JUST_RESET = const(") :]
    found = re.findall(r"^_?([A-Z_]+) = const\((-?\d+)\)$", numbered, re.MULTILINE)
    return {name: int(number) for name, number in found}


def test_both_modules_number_the_answers_alike():
    messages, session = _answers("mdb_messages"), _answers("mdb_session")
    shared = messages.keys() & session.keys()
    assert len(shared) >= 14
    assert {name: messages[name] for name in shared} == {name: session[name] for name in shared}
