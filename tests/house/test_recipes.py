"""The recipes of `deploy/`: each command line of ours that they run exists as it is written there."""

from __future__ import annotations

import json
import re

import click
import pytest

from ledger.cli.main import tapledger
from tests.house.sources import text, tracked_files

RECIPES = [path for path in tracked_files() if path.parts[0] == "deploy"]
LINE = re.compile(r"^(?:ExecStart(?:Pre)?=|.* ledger )(?:\S*/)?tapledger ([a-z].*)$", re.MULTILINE)
LIST = re.compile(r"^(?:CMD|    command:) \[\"?tapledger\"?, (.*)\]$", re.MULTILINE)


def _lines() -> list[tuple[str, list[str]]]:
    found = []
    for path in RECIPES:
        found += [(path.name, line.split()) for line in LINE.findall(text(path))]
        found += [
            (path.name, [word.strip('"') for word in words.split(", ")]) for words in LIST.findall(text(path))
        ]
    return found


@pytest.mark.parametrize(("name", "words"), _lines(), ids=json.dumps)
def test_a_command_of_a_recipe_exists(name, words):
    command, rest = tapledger, words
    while isinstance(command, click.Group):
        command, rest = command.get_command(click.Context(command), rest[0]), rest[1:]
        assert command is not None, words
    command.make_context(words[0], rest)


def test_every_recipe_upgrades_and_serves():
    run = {(name, words[0]) for name, words in _lines()}
    assert {
        ("tapledger.service", "db"),
        ("tapledger.service", "serve"),
        ("compose.yaml", "db"),
        ("Containerfile", "serve"),
        ("README.md", "audit"),
    } <= run
