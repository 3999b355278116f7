"""Refusals and commands: each says what it is, and says it in a code of its own."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections import Counter

import pytest

import ledger
from ledger.foundation.errors import Kind, Refusal, every_refusal
from ledger.foundation.permissions import Permission
from tests.storage.test_answers import COMMANDS

# A refusal that must say no more than its kind does: the reason.
SHARED_CODES = {"CredentialRefused": "which of a credential's faults it was is told to nobody"}


def _refusals() -> list[type[Refusal]]:
    for module in pkgutil.walk_packages(ledger.__path__, "ledger."):
        if not module.name.startswith(("ledger.storage.migrations", "ledger.cli")):
            importlib.import_module(module.name)
    return [found for found in every_refusal() if found.__module__.startswith("ledger.")]


REFUSALS = _refusals()


def test_every_refusal_has_a_code_of_its_own():
    own = [refusal.code for refusal in REFUSALS if refusal.__name__ not in SHARED_CODES]
    assert [code for code, times in Counter(own).items() if times > 1] == []
    assert len(own) > 30


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_refusal_is_of_a_kind_and_speaks_to_programs_and_people(refusal):
    assert refusal.kind in Kind
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", refusal.code)
    assert re.fullmatch(r"[A-Z].*\.|.*`\.", refusal.message)
    assert len(vars(refusal).get("__doc__") or "") > 10


@pytest.mark.parametrize("command", [same[0] for same in COMMANDS.values()], ids=lambda command: command.name)
def test_a_command_says_whom_it_serves_and_what_it_refuses(command):
    said = inspect.getdoc(command.function)
    needed = re.search(r"Needs ([A-Z_]+)", said)
    assert needed, said
    assert needed.group(1) in Permission.__members__
    assert "Refuses" in said or command.name == "wallets.debit"


def test_refusals_that_a_command_names_exist():
    known = {refusal.__name__ for refusal in REFUSALS}
    for same in COMMANDS.values():
        said = inspect.getdoc(same[0].function).replace("\n", " ")
        for sentence in re.findall(r"[Rr]efuses with ([^.]*)", said):
            named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]*)+\b", sentence))
            assert named <= known, (same[0].name, named - known)
