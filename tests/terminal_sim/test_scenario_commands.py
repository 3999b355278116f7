"""`sim scenario` and `sim actions` as people type them: what is listed, played, reported and refused."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from terminal_sim.actions import ACTIONS
from terminal_sim.cli import sim
from terminal_sim.cli_scenarios import parsed
from tests.terminal_sim.pos_ledger import API_TOKEN

IDLE = """
title = "Nothing happens"
[terminals.counter]
device = "nfc_terminal"
[[steps]]
terminal = "counter"
expect_display = "Amount and # to top up"
"""
OTHERWISE = IDLE.replace("Nothing", "Tea").replace("Amount", "Tea") + "timeout_s = 1\n"
BROKEN = IDLE.replace("expect_display", "expect_tea")
# At a ledger that knows nobody yet.
FURNISHED = """
title = "Somebody comes in"
setup = [
    "terminal add {counter} --name 'Front desk' --permission credit",
    "wallet open --token {anna}",
]
[tokens]
anna = "04A1B2C3D4E5F6"
[terminals.counter]
device = "nfc_terminal"
[[steps]]
operator = "wallet top-up {anna} 500 --description Cash"
[[steps]]
token = "anna"
expect_balance = 500
"""


@pytest.fixture
def type_in():
    """Return a typist of sim commands."""
    return lambda *words: CliRunner().invoke(sim, [str(word) for word in words])


def test_the_gallery_is_listed_with_its_titles(type_in):
    listed = type_in("scenario", "--list")
    assert listed.exit_code == 0
    assert "first_coffee        First coffee: money onto a token" in listed.stdout
    assert len(json.loads(type_in("scenario", "--list", "--json").stdout)) == len(listed.stdout.splitlines())


def test_all_that_can_be_done_is_listed_with_what_it_takes(type_in):
    listed = type_in("actions")
    lines = listed.stdout.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(ACTIONS)
    assert "packet_loss_percent  world   lose this share" in listed.stdout
    assert "                             percent, 0 to 100" in lines
    assert max(map(len, lines)) <= 100


def test_a_folder_is_played_to_its_end_with_a_line_for_each_and_a_report(type_in, tmp_path, ledger):
    for name, text in (("a", BROKEN), ("b", OTHERWISE), ("c", IDLE)):
        (tmp_path / f"{name}.toml").write_text(text)
    report = tmp_path / "reports" / "junit.xml"
    at_ledger = ("--ledger", ledger.url, "--api-token", f"counter={API_TOKEN}")
    played = type_in("scenario", tmp_path, *at_ledger, "--junit", report)
    assert played.exit_code == 1
    lines = played.stdout.splitlines()
    assert [line.split(" in ")[0] for line in lines[:3]] == ["1/3 failed", "2/3 failed", "3/3 played"]
    assert lines[3] == "1 of 3 stories went as they were told"
    assert "a.toml:7: step 1 needs exactly one of" in played.stderr
    assert "b.toml:5: step 1: counter expect_display Tea and # to top up failed" in played.stderr
    suite = ElementTree.parse(report).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("EMPTY", "--ledger", "http://127.0.0.1:9"), "there is no story in"),
        (("STORY", "--ledger", "http://127.0.0.1:9"), "the terminal counter needs --prepare, --api-token"),
        (("STORY", "--ledger", "http://127.0.0.1:9", "--prepare"), "has no setup"),
        (("STORY", "--ledger", "http://127.0.0.1:9", "--junit", "STORY/x"), "the report cannot be written"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(type_in, tmp_path, words, message):
    (tmp_path / "empty").mkdir()
    story = tmp_path / "story.toml"
    story.write_text(IDLE)
    places = (("EMPTY", str(tmp_path / "empty")), ("STORY", str(story)))
    for name, place in places:
        words = tuple(word.replace(name, place) for word in words)
    refused = type_in("scenario", *words)
    assert (refused.exit_code, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert message in refused.stderr


def test_without_a_ledger_one_is_started_furnished_and_ended(type_in, tmp_path):
    story = tmp_path / "story.toml"
    story.write_text(FURNISHED)
    played = type_in("scenario", story)
    assert played.exit_code == 0, played.output
    assert "setup: wallet open --token {anna}" in played.stdout
    assert played.stdout.splitlines()[-1].startswith("Somebody comes in: as it was told, in ")


@pytest.mark.parametrize(
    ("action", "text", "value"),
    [
        ("keys", "500", "500"),
        ("keys", "500#", "500#"),
        ("press", "1", 1),
        ("press", "espresso", "espresso"),
        ("tap", "12345678", "12345678"),
        ("tap", '{ uid = "DEADBEEF", hold_s = 2 }', {"uid": "DEADBEEF", "hold_s": 2}),
        ("untap", "true", True),
        ("clock_forward_s", "1.5", 1.5),
        ("vmc", "{ dispenses = false }", {"dispenses": False}),
    ],
)
def test_a_value_is_typed_as_in_a_scenario_and_quotes_may_be_left_out(action, text, value):
    assert parsed(action, text) == value
    ACTIONS[action].check(action, value)
