"""Stories in TOML: what is refused with its place, what happens when, and what is said of it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from terminal_sim.scenarios.junit import junit_xml
from terminal_sim.scenarios.runner import Outcome, play
from terminal_sim.scenarios.story import BadStory, read_story
from terminal_sim.scenarios.writing import write_story
from tests.terminal_sim.pos_ledger import API_TOKEN

ANNA = "04A1B2C3D4E5F6"
GOOD = """
title = "A coffee"
[tokens]
anna = "04A1B2C3D4E5F6"
phone = "random"
[terminals.coffee]
device = "coffee_machine"
[[steps]]
terminal = "coffee"
tap = "anna"
"""
AT_COFFEE = GOOD + "[[steps]]\nterminal = 'coffee'\n"


@pytest.fixture
def story_file(tmp_path):
    """Return a writer of story files."""

    def write(text: str):
        path = tmp_path / "story.toml"
        path.write_text(text)
        return path

    return write


def quietly(_line: str) -> None:
    """Say nothing."""


def played(path, ledger, **api_tokens: str) -> Outcome:
    """Play a story at the small ledger."""
    return play(path, ledger.url, api_tokens or {"coffee": API_TOKEN}, say=quietly)


def test_a_story_is_read_with_its_steps_in_order(story_file):
    told = read_story(story_file(GOOD + "[[steps]]\nrun_for = 2\n[[steps]]\nterminal='coffee'\nuntap = true"))
    assert told.title == "A coffee"
    steps = ["step 1: coffee tap anna", "step 2: run_for 2", "step 3: coffee untap"]
    assert [str(step) for step in told.steps] == steps
    assert [step.line for step in told.steps] == [8, 11, 13]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("not toml", 1, "this is no TOML: Expected '='"),
        ("title = 'x'\nsteps = [", 2, "this is no TOML"),
        ("[[steps]]\nrun_for = 1", 1, "there is no terminal in it"),
        ("[terminals.a]\nname = 'x'\n[[steps]]\nrun_for = 1", 1, "terminal a needs a device: one of coffee"),
        ("[terminals.a]\nname = 'x'\ndevice = 'tank'", 3, "terminal a needs a device: one of coffee"),
        ("[terminals.a]\ndevice = 'coffee_machine'", 1, "there is no step in it"),
        (GOOD.replace("[[", "reader = 'eye'\n[["), 8, "terminal coffee needs a reader: one of pn532_i2c"),
        (GOOD.replace("[[", "api_token = 'x'\n[["), 8, "api_token of terminal coffee is not the story's"),
        ("title = 'x'\nmood = 'good'\n" + GOOD.replace("title", "#"), 2, "mood is not known here: title"),
        (GOOD.replace('"04A1B2C3D4E5F6"', "'04A1'"), 4, "token anna is a UID, 'random', or a table"),
        (GOOD.replace('"random"', "{ clone_of = 'bob' }"), 5, "token phone is a clone of 'bob'"),
        ("setup = ['wallet open {bob}']\n" + GOOD, 1, "no terminal and no token with a wallet is bob; "),
        ("setup = ['wallet open {phone}']\n" + GOOD, 1, "no token with a wallet is phone; there are coffee"),
        ("setup = 5\n" + GOOD, 1, "setup is a list of commands"),
        (AT_COFFEE + "jump = 1", 13, "step 2 needs exactly one of say, .*; it has jump"),
        (AT_COFFEE + "boot = true\nuntap = true", 11, "step 2 needs exactly one of .*; it has boot, untap"),
        (AT_COFFEE, 11, "step 2 needs exactly one of .*; it has none"),
        (GOOD + "[[steps]]\nterminal = 'tea'\nboot = true", 13, "there is no terminal tea; there are coffee"),
        (GOOD + "[[steps]]\nboot = true", 12, "boot needs a terminal: coffee"),
        (AT_COFFEE + "tap = 'bob'", 13, "there is no token bob; there are anna, phone"),
        (AT_COFFEE + "tap = { token = 'anna', hold_s = -1 }", 13, "tap takes a token, or a table of token"),
        (GOOD + "[[steps]]\nexpect_change = -5", 12, "no token None with a wallet; there are anna"),
        (GOOD + "[[steps]]\ntoken = 'phone'\nexpect_balance = 5", 13, "no token phone with a wallet"),
        (AT_COFFEE + "coin = '10'", 13, "coin takes a whole number of cents above 0, not '10'"),
        (AT_COFFEE + "coin = true", 13, "coin takes a whole number of cents above 0, not True"),
        (AT_COFFEE + "expect_display = 5", 13, "expect_display takes a text, not 5"),
        (AT_COFFEE + "expect_display = 'x'\ntimeout_s = 0", 13, "timeout_s takes seconds above 0"),
        (AT_COFFEE + "expect_display = 'x'\nat_s = 5", 13, "only actions have at_s"),
        (GOOD + "[[steps]]\noperator = 'wallet show {bob}'", 12, "no token with a wallet is bob"),
    ],
)
def test_a_file_that_is_no_story_is_refused_with_file_line_and_what_was_expected(
    story_file, text, line, message
):
    with pytest.raises(BadStory, match=rf"story\.toml:{line}: .*{message}"):
        read_story(story_file(text))


def test_a_story_needs_a_token_for_each_terminal_and_somebody_for_its_commands(story_file, monkeypatch):
    monkeypatch.delenv("TAPLEDGER_API_TOKEN_COFFEE", raising=False)
    with pytest.raises(ValueError, match="TAPLEDGER_API_TOKEN_COFFEE"):
        play(story_file(GOOD), "http://127.0.0.1:9", {})
    with pytest.raises(ValueError, match="play it with --prepare"):
        play(story_file(GOOD + "[[steps]]\noperator = 'audit'"), "http://127.0.0.1:9", {"coffee": "x"})


BUYS = """
title = "A coffee, and what happens meanwhile"
[tokens]
anna = "04A1B2C3D4E5F6"
[terminals.coffee]
device = "coffee_machine"
buttons = ["espresso"]
[[steps]]
at_s = 12.5
terminal = "coffee"
cut_power = true
[[steps]]
at_s = 14
terminal = "coffee"
boot = true
[[steps]]
at_s = 3
terminal = "coffee"
drop_answer = "POST"
[[steps]]
terminal = "coffee"
expect_display = "Choose a drink"
[[steps]]
run_for = 4
[[steps]]
terminal = "coffee"
press = "espresso"
[[steps]]
terminal = "coffee"
tap = { token = "anna", hold_s = 2 }
[[steps]]
terminal = "coffee"
expect_display = "charged at most once"
[[steps]]
token = "anna"
expect_change = -120
"""


def test_what_has_a_time_happens_then_whatever_else_goes_on(story_file, ledger):
    ledger.balances[ANNA] = 500
    heard = []
    path = story_file(BUYS + "[[steps]]\nterminal = 'coffee'\nexpect_power = false\n")
    outcome = play(path, ledger.url, {"coffee": API_TOKEN}, say=heard.append)
    assert outcome.failure is None
    assert outcome.steps_done == 10
    order = [int(line.split(":")[0].split()[1]) for line in heard]
    assert order == [4, 5, 3, 6, 7, 8, 9, 10, 1, 2]
    assert 14 <= outcome.seconds < 14.1


def test_a_step_with_a_time_that_goes_wrong_is_the_one_that_is_named(story_file, ledger):
    ledger.balances[ANNA] = 500
    text = BUYS.replace("cut_power = true", "coin = 50")
    outcome = played(story_file(text.replace("expect_change = -120", "expect_change = 7")), ledger)
    assert "story.toml:8: step 1: coffee coin 50 failed: the coin of 50 cents fell through" in outcome.failure


def test_a_story_that_turns_out_otherwise_says_at_which_step(story_file, ledger):
    ledger.balances[ANNA] = 500
    text = GOOD + "[[steps]]\ntoken = 'anna'\nexpect_change = -120\ntimeout_s = 1\n"
    outcome = played(story_file(text), ledger)
    assert "story.toml:11: step 2: anna expect_change -120 failed" in outcome.failure
    assert "should be -120 and is 0" in outcome.failure
    assert outcome.as_dict()["passed"] is False


EVERYTHING = """
title = "Nothing \\"missing\\", \\u00e4lso \\\\"
setup = ["wallet open --token {anna}"]
[tokens]
anna = "04A1B2C3D4E5F6"
phone = "random"
copy = { clone_of = "anna" }
[terminals."left one"]
device = "coffee_machine"
buttons = ["espresso", "tea"]
request_timeout_ms = 5000
[[steps]]
say = "hello"
[[steps]]
at_s = 1.25
terminal = "left one"
tap = { token = "copy", hold_s = 0.5, reads_percent = 40 }
[[steps]]
terminal = "left one"
expect_display = "Tea"
timeout_s = 5
[[steps]]
token = "anna"
expect_change = -5
[[steps]]
terminal = "left one"
release = { version = "9.1.0", changes = { "app.py" = "raise ValueError('x')\\n" } }
"""


def test_what_is_written_is_read_as_the_same_story(story_file):
    told = read_story(story_file(EVERYTHING))
    assert read_story(story_file(write_story(told))) == told
    assert len(told.steps) == 5


def test_the_report_is_junit_with_a_case_for_each_story():
    outcomes = [
        Outcome("Fine", 3, None, 12.5, "a/fine.toml", 0.25),
        Outcome("Not so", 1, "b.toml:7: step 2 failed: \x00 <no>\n|display|", 4.0, "b.toml", 0.5),
    ]
    suite = ElementTree.fromstring(junit_xml(outcomes))
    assert {key: suite.get(key) for key in ("tests", "failures", "time")} == {
        "tests": "2",
        "failures": "1",
        "time": "0.750",
    }
    fine, failed = suite.findall("testcase")
    assert (fine.get("name"), fine.get("time"), fine.find("failure")) == ("fine", "0.250", None)
    assert failed.find("failure").get("message") == "b.toml:7: step 2 failed: \N{REPLACEMENT CHARACTER} <no>"
    assert "|display|" in failed.find("failure").text


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
terminal = "snacks"
expect_sold = 1
[[steps]]
token = "anna"
expect_change = -180
"""


def test_a_story_of_a_vending_machine_presses_selections_with_their_price(story_file, ledger):
    ledger.balances[ANNA] = 500
    outcome = played(story_file(VENDING), ledger, snacks=API_TOKEN)
    assert outcome.failure is None
