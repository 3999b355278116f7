"""From a reader's taps to a terminal's reader chip: restarts, power cuts, short touches and two cards."""

from __future__ import annotations

import pytest

from terminal_sim.readers.feeding import SHORTEST_TOUCH_S, Feeder
from terminal_sim.readers.source import CardCame, CardLeft, Notice
from tests.terminal_sim.readers.terminal import Terminal

ANNA, BEN = "04A1B2C3D4E5F6", "DEADBEEF"


class Script:
    """A source that tells what it was given, a list for each look."""

    def __init__(self) -> None:
        self.looks: list[list] = []

    def wait(self, timeout_s):
        """Return the next list."""
        return self.looks.pop(0) if self.looks else []

    def close(self):
        """There is nothing to let go of."""


@pytest.fixture
def terminal(tmp_path):
    """Return a terminal that runs."""
    made = Terminal(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def said():
    """Return what the feeder says."""
    return []


@pytest.fixture
def feed(terminal, tmp_path, said):
    """Return a function that lets events happen, one look after the other; its `feeder` is there, too."""
    source = Script()
    feeder = Feeder("kitchen", tmp_path, source, said.append)

    def happen(*looks):
        source.looks += [list(events) for events in looks] or [[]]
        while source.looks:
            feeder.step(0.01)

    happen.feeder = feeder
    return happen


def test_a_card_is_laid_down_once_and_taken_away_once(feed, terminal, said):
    came, left = CardCame(ANNA, "desk"), CardLeft(ANNA, "desk")
    feed([Notice("desk is ready")], [came], [], [], [left], [])
    assert terminal.story == [("tap", ANNA), ("untap", None)]
    assert said == [Notice("desk is ready"), came, left]


def test_a_short_touch_lasts_long_enough_for_the_firmware_to_see_it(feed, terminal):
    feed([CardCame(ANNA, "desk"), CardLeft(ANNA, "desk")])
    (_, _, laid_at_s), (_, _, taken_at_s) = terminal.done
    assert taken_at_s - laid_at_s >= SHORTEST_TOUCH_S


def test_of_two_cards_the_terminal_has_the_one_that_came_last(feed, terminal):
    feed([CardCame(ANNA, "left"), CardCame(BEN, "right")], [CardLeft(BEN, "right")], [CardLeft(ANNA, "left")])
    assert terminal.story == [("tap", ANNA), ("tap", BEN), ("tap", ANNA), ("untap", None)]


def test_a_card_that_lies_there_is_there_when_the_power_comes_back(feed, terminal, said):
    terminal.has_power = False
    feed([CardCame(ANNA, "desk")], [], [])
    assert said[1:] == [Notice("kitchen has no power")], "told once, however long it lasts"
    terminal.has_power = True
    feed([])
    assert terminal.story == [("tap", ANNA)]


def test_a_card_that_lies_there_is_there_for_a_terminal_that_was_started_anew(feed, terminal, said):
    feed([CardCame(ANNA, "desk")])
    terminal.stop()
    feed([], [])
    assert [each.text for each in said[1:]] == ["no terminal named kitchen runs here; running: none"]
    terminal.start()
    feed([], [])
    assert terminal.story == [("tap", ANNA), ("tap", ANNA)]


def test_whoever_ends_takes_the_card_along(feed, terminal):
    feed([CardCame(ANNA, "desk")])
    feed.feeder.close()
    assert terminal.story == [("tap", ANNA), ("untap", None)]
