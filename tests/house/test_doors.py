"""Time, randomness and secrets enter the ledger by one door each."""

from __future__ import annotations

import pytest

from tests.house.rules import called_names, imports
from tests.house.sources import python_files, tree

CLOCK = "ledger/foundation/clock.py"
IDS = "ledger/foundation/ids.py"
# The key that signs operators' tokens is drawn once, before there is a ledger to ask for ids.
SETTINGS = "ledger/settings.py"
TIME = {
    *(f"datetime.{name}" for name in ("now", "utcnow", "today", "fromtimestamp")),
    *("date.today", "time.time", "time.time_ns", "time.localtime", "time.gmtime", "func.now"),
}
RANDOMNESS = {"random", "secrets", "uuid"}


def _users(of, read):
    found = {str(path): of & set(read(tree(path))) for path in python_files("ledger")}
    return {path: names for path, names in found.items() if names}


def test_only_the_clock_knows_what_time_it_is():
    assert set(_users(TIME, called_names)) == {CLOCK}


def test_only_the_ids_and_the_first_key_are_drawn_at_random():
    assert _users(RANDOMNESS, imports) == {IDS: {"random"}, SETTINGS: {"secrets"}}


@pytest.mark.parametrize("name", ["os.urandom", "random.random", "uuid.uuid4"])
def test_there_is_no_back_door_to_randomness(name):
    assert _users({name}, called_names) == {}
