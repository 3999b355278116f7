"""What the files say: nothing unfinished, nothing of the machine that they were written on."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.house.sources import ROOT, python_files, text, tracked_files

# The words are put together here, so that this file passes its own rule.
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
MACHINE = re.compile(r"(?<![\w.:/~-])/(?:work|root|home|Users)/\w")
REGISTRY = re.compile(
    r"(?:registry\.npmjs|npmjs\.(?:org|com)|pypi\.org|pythonhosted|jsdelivr|unpkg)", re.IGNORECASE
)
# Published documents and made-up words of others are quoted as they are.
QUOTED = ("tests/dialects/terminal/published/",)


def _hits(pattern: re.Pattern) -> list[str]:
    return [
        f"{path}:{text(path)[: match.start()].count(chr(10)) + 1}: {match.group()}"
        for path in tracked_files()
        if not str(path).startswith(QUOTED)
        for match in pattern.finditer(text(path))
    ]


def test_nothing_is_left_to_be_done():
    assert _hits(UNFINISHED) == []


def test_no_file_knows_the_machine_it_was_written_on():
    assert _hits(MACHINE) == []


def test_no_file_names_where_packages_come_from():
    own = "tests/house/test_texts.py"
    assert [hit for hit in _hits(REGISTRY) if not hit.startswith(own)] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (UNFINISHED, "# TO" + "DO: later"),
        (MACHINE, 'open("/ho' + 'me/ada/books.db")'),
        (REGISTRY, "https://py" + "pi.org/simple"),
    ],
)
def test_the_patterns_see_what_they_are_there_for(pattern, line):
    assert pattern.search(line)


def test_the_linter_has_nothing_to_say():
    files = [str(path) for path in python_files()]
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "--force-exclude", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stdout) == (0, "")
