"""Stories in TOML: what is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from terminal_sim.scenarios import story
from terminal_sim.scenarios.runner import play
from terminal_sim.scenarios.story import BadStory, read_story
from tests.terminal_sim.pos_ledger import API_TOKEN

GOOD = """
title = "A coffee"
[tokens]
anna = "04A1B2C3D4E5F6"
[terminals.coffee]
device = "coffee_machine"
[[steps]]
terminal = "coffee"
tap = "anna"
"""


@pytest.fixture
def story_file(tmp_path):
    """Return a writer of story files."""

    def write(text: str):
        path = tmp_path / "story.toml"
        path.write_text(text)
        return path

    return write


def test_a_story_is_read_with_its_steps_in_order(story_file):
    told = read_story(story_file(GOOD + "[[steps]]\nrun_for = 2\n"))
    assert told.title == "A coffee"
    assert [str(step) for step in told.steps] == ["step 1: coffee tap anna", "step 2: run_for 2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", "story.toml"),
        ("[[steps]]\nrun_for = 1", "no terminal"),
        ("[terminals.a]\n[[steps]]\nrun_for = 1", "needs a device"),
        ("[terminals.a]\ndevice = 'coffee_machine'", "no step"),
        (GOOD + "[[steps]]\nterminal = 'coffee'\njump = 1", "step 2 needs exactly one of"),
        (GOOD + "[[steps]]\nterminal = 'coffee'\nboot = true\nuntap = true", "step 2 needs exactly one of"),
        (GOOD + "[[steps]]\nterminal = 'tea'\nboot = true", "no terminal tea"),
        (GOOD + "[[steps]]\nboot = true", "boot needs a terminal"),
        (GOOD + "[[steps]]\nterminal = 'coffee'\ntap = 'bob'", "no token bob"),
        (GOOD + "[[steps]]\nexpect_change = -5", "no token None"),
        (GOOD + "[[steps]]\nterminal = 'coffee'\ncoin = '10'", "toml:12: step 2: coin takes a whole number"),
        (GOOD + "[[steps]]\nterminal = 'coffee'\ncoin = true", "toml:12: step 2: coin takes a whole number"),
    ],
)
def test_a_file_that_is_no_story_is_refused_with_the_place(story_file, text, message):
    with pytest.raises(BadStory, match=message):
        read_story(story_file(text))


def test_a_story_needs_a_token_for_each_terminal(story_file, monkeypatch):
    monkeypatch.delenv("TAPLEDGER_API_TOKEN_COFFEE", raising=False)
    with pytest.raises(ValueError, match="TAPLEDGER_API_TOKEN_COFFEE"):
        play(story_file(GOOD), "http://127.0.0.1:9", {})


STORIES = sorted((Path(story.__file__).parent).glob("*.toml"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_stories_that_come_along_turn_out_as_told(path, ledger):
    ledger.balances |= {"04A1B2C3D4E5F6": 500, "04B1B2C3D4E5F7": 0}
    terminals = read_story(path).terminals
    outcome = play(path, ledger.url, dict.fromkeys(terminals, API_TOKEN), say=lambda _line: None)
    assert outcome.failure is None
    assert outcome.seconds > 10


def test_a_story_that_turns_out_otherwise_says_at_which_step(story_file, ledger):
    ledger.balances["04A1B2C3D4E5F6"] = 500
    text = GOOD + "[[steps]]\ntoken = 'anna'\nexpect_change = -120\n"
    outcome = play(story_file(text), ledger.url, {"coffee": API_TOKEN}, say=lambda _line: None)
    assert "step 2: anna expect_change -120 failed" in outcome.failure
    assert "should be -120 and is 0" in outcome.failure
    assert outcome.as_dict()["passed"] is False


VENDING = """
title = "A can"
[tokens]
anna = "04A1B2C3D4E5F6"
[terminals.snacks]
device = "vending_machine"
[[steps]]
terminal = "snacks"
expect_display = "Hold your token, then choose"
[[steps]]
terminal = "snacks"
tap = "anna"
[[steps]]
terminal = "snacks"
expect_display = "Choose at the machine"
[[steps]]
terminal = "snacks"
press = "12:180"
[[steps]]
terminal = "snacks"
expect_display = "Item 12: enjoy!"
[[steps]]
token = "anna"
expect_change = -180
"""


def test_a_story_of_a_vending_machine_presses_selections_with_their_price(story_file, ledger):
    ledger.balances["04A1B2C3D4E5F6"] = 500
    outcome = play(story_file(VENDING), ledger.url, {"snacks": API_TOKEN}, say=lambda _line: None)
    assert outcome.failure is None
