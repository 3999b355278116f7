"""Sizes and first lines: the tail is what makes code unpleasant."""

from __future__ import annotations

from itertools import chain

import pytest

from tests.house import rules
from tests.house.sources import python_files, text, tree

EVERYWHERE = python_files()
OF_TREES = (rules.too_long_functions, rules.too_many_parameters, rules.too_deep_functions)
# Rules that somebody has a reason to leave: how the finding begins -> the reason.
EXCEPTIONS = {
    "ledger/storage/migrations/versions/0001_first_schema.py: has": (
        "a migration is one piece and is never edited once it is released: it is as long as its schema"
    ),
    "firmware/drivers/keypad.py: _follow is nested": (
        "one touch from the first sample to the last: settled, told, let go"
    ),
}


def _findings(paths, rule, read=tree):
    return [f"{path}: {finding}" for path in paths for finding in rule(read(path))]


def _without_exceptions(findings):
    return [finding for finding in findings if not finding.startswith(tuple(EXCEPTIONS))]


@pytest.mark.parametrize("rule", OF_TREES, ids=lambda rule: rule.__name__)
def test_no_function_leaves_a_rule_of_the_house(rule):
    assert _without_exceptions(_findings(EVERYWHERE, rule)) == []


def test_no_file_is_longer_than_a_sitting():
    assert _without_exceptions(_findings(EVERYWHERE, rules.too_long_file, text)) == []


def test_every_exception_is_still_needed():
    found = _findings(EVERYWHERE, rules.too_long_file, text)
    found += chain.from_iterable(_findings(EVERYWHERE, rule) for rule in OF_TREES)
    assert [begin for begin in EXCEPTIONS if not any(one.startswith(begin) for one in found)] == []


def test_every_file_starts_by_saying_what_lives_in_it():
    assert _findings(EVERYWHERE, rules.no_first_line) == []


def test_what_others_may_use_is_documented():
    assert _findings(python_files("ledger", "terminal_sim"), rules.undocumented) == []


def test_no_float_comes_near_money():
    near = [
        path
        for path in python_files("ledger")
        if path.parts[1] == "domain" or path.name in ("money.py", "fields.py")
    ]
    assert len(near) > 40
    assert _findings(near, rules.floats) == []


def test_the_rules_are_held_against_every_part_of_the_house():
    parts = set(chain.from_iterable(path.parts[:1] for path in EVERYWHERE))
    assert {"ledger", "terminal_sim", "firmware", "tests", "run.py"} <= parts
