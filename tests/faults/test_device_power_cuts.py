"""Power cuts of devices on a street: they are fair, and the harness sees when they are not."""

from __future__ import annotations

import pytest

from benchmarks.power_cuts import walk as walks
from benchmarks.power_cuts.sales import cut_a_purchase
from benchmarks.power_cuts.walk import walk

# What no other test cuts against a real ledger.
SOME_SCENES = ("vend", "counted_coin")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    # A walk says to its server which books are served.
    monkeypatch.setenv("TAPLEDGER_DATABASE_URL", "")
    monkeypatch.setenv("TAPLEDGER_SECRET_KEY", "")


def test_a_few_cuts_are_fair():
    heard = []
    came = walk(3, 2, SOME_SCENES, heard.append)
    assert came.unfair == ""
    assert heard[-1] == came.cuts.total() >= 2
    assert {name for name, _ in came.outcomes} == set(SOME_SCENES)


def test_money_that_moves_after_everybody_has_gone_is_seen(monkeypatch):
    def cut_and_take_more(street, machine):
        code, token = street.person()
        came_to = cut_a_purchase(street, machine)
        street.moved_cents(code)
        # A device that came to its senses late.
        machine.press("espresso")
        machine.tap(token)
        return came_to

    monkeypatch.setitem(walks.SCENES, "purchase", (cut_and_take_more, "coffee_machine"))
    assert "[] on " in walk(1, 1, ("purchase",), lambda _count: None).unfair
