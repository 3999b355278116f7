"""The rules of the house see what they are there for."""

from __future__ import annotations

import ast

import pytest

from tests.house import rules

LONG = "def long():\n" + "    pass\n" * rules.LONGEST_FUNCTION
DEEP = """
def deep():
    for a in b:
        with a:
            try:
                pass
            except c:
                if d:
                    pass
"""
LADDER = """
def ladder():
    if a:
        pass
    elif b:
        pass
    elif c:
        pass
    elif d:
        pass
    else:
        pass
"""
SEEN = [
    (rules.too_long_functions, LONG, ["long has 41 lines"]),
    (rules.too_long_functions, LONG.replace("    pass\n", "", 1), []),
    (rules.too_deep_functions, DEEP, ["deep is nested 4 deep"]),
    (rules.too_deep_functions, LADDER, []),
    (rules.too_many_parameters, "def f(a, b, c, *, d, e, f, g): pass", ["f takes 7 parameters"]),
    (rules.too_many_parameters, "def f(self, a, b, c, *d, e, **f): pass", []),
    (rules.no_first_line, "import os", ["does not start with a sentence that says what lives in it"]),
    (rules.no_first_line, '"""What lives here."""', []),
    (rules.undocumented, "class A:\n    def f(self): pass\n", ["A has no docstring", "f has no docstring"]),
    (rules.undocumented, "class _A:\n    def f(self): pass\ndef _g(): pass\n", []),
    (rules.imports, "import a.b, c\ndef f():\n    from .d import e\n", ["a.b", "c", ".d"]),
    (rules.called_names, "moment = datetime.now(UTC)", ["datetime.now"]),
    (rules.floats, "a = 1.5", ["line 1: the literal 1.5"]),
    (rules.floats, "def f(a: float): pass", ["line 1: float"]),
    (rules.floats, "a = b / 100", ["line 1: a division"]),
    (rules.floats, "a /= 100", ["line 1: a division"]),
    (rules.floats, "a = b // 100", []),
]


@pytest.mark.parametrize(("rule", "source", "findings"), SEEN)
def test_a_rule_sees_what_it_forbids_and_nothing_else(rule, source, findings):
    assert list(rule(ast.parse(source))) == findings


def test_a_file_of_the_longest_length_passes_and_the_next_line_does_not():
    assert list(rules.too_long_file("\n" * rules.LONGEST_FILE)) == []
    assert list(rules.too_long_file("\n" * (rules.LONGEST_FILE + 1))) == ["has 301 lines"]
