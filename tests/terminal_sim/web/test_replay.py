"""A replay tells the page how it went, and where it went otherwise."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from terminal_sim.control import Refused
from terminal_sim.expectations import NotSeen
from terminal_sim.scenarios.story import Step, Story
from terminal_sim.web.feed import Feed
from terminal_sim.web.replay import TOPIC, Replay, story_of

DEVICES = {"desk": "nfc_terminal"}


class Desk:
    """A terminal that shows what was typed, and whose slot is closed."""

    def __init__(self) -> None:
        self.shown = ""

    def ask(self, _name: str, question) -> Any:
        """Let a question be answered."""
        return question(self)

    def act(self, _name: str, action: str, value: Any) -> dict[str, Any]:
        """Type, or drop a coin."""
        self.shown = f"{self.shown}{value}" if action == "keys" else ""
        return {"accepted": False} if action == "coin" else {}

    def expect_display(self, text: str, timeout_s: float) -> None:
        """Show a text or not."""
        if text not in self.shown:
            raise NotSeen(f"{text!r} was not on the display\nand so on")


def replayed(*steps: tuple[str, Any], timeout_s: float = 0.2) -> dict[str, Any]:
    """Replay these steps to their end, and return what the page was told last."""
    numbered = [Step(number, *step, "desk", timeout_s=timeout_s) for number, step in enumerate(steps, 1)]
    feed, desk = Feed(), Desk()
    Replay(feed, desk.ask, desk.act).start(story(*numbered), DEVICES)
    ended = threading.Event()
    while not (told := feed.get(TOPIC)).get("outcome"):
        ended.wait(0.01)
    return told


def story(*steps: Step) -> Story:
    """Return a story of one desk."""
    return Story("test", {"desk": {"device": "nfc_terminal"}}, {}, steps)


def test_a_replay_that_goes_as_it_was_told_says_so():
    told = replayed(("keys", "5"), ("run_for", 0.01), ("keys", "0"), ("expect_display", "50"))
    assert told == {"replaying": False, "at": 4, "of": 4, "outcome": "done", "detail": ""}


def test_a_replay_that_goes_otherwise_ends_there_and_says_where():
    told = replayed(("keys", "5"), ("expect_display", "50"), ("keys", "0"))
    assert (told["outcome"], told["at"], told["of"]) == ("failed", 2, 3)
    assert told["detail"] == "step 2: desk expect_display 50: '50' was not on the display"
    told = replayed(("coin", 50), ("keys", "5"))
    assert told["detail"].endswith("the coin of 50 cents fell through into the return")


def test_what_cannot_be_played_here_is_refused_before_it_begins():
    replay = Replay(Feed(), Desk().ask, Desk().act)
    step = Step(1, "keys", "5", "desk")
    with pytest.raises(Refused, match="desk, a nfc_terminal, is not on this board"):
        replay.start(story(step), {"desk": "coin_station"})
    for other in (Step(1, "operator", "audit"), Step(1, "keys", "5", "desk", at_s=1.0)):
        with pytest.raises(Refused, match="tapledger sim scenario"):
            replay.start(story(other), DEVICES)
    with pytest.raises(Refused, match=r"^broken\.toml:1: this is no TOML"):
        story_of("=", "../broken.toml")


def test_a_replay_can_be_stopped_and_only_one_runs_at_a_time():
    feed, desk = Feed(), Desk()
    replay = Replay(feed, desk.ask, desk.act)
    long = story(Step(1, "run_for", 60, "desk"), Step(2, "keys", "5", "desk"))
    replay.start(long, DEVICES)
    with pytest.raises(Refused, match="a replay is running"):
        replay.start(long, DEVICES)
    replay.stop()
    assert feed.get(TOPIC)["detail"] == "step 1: desk run_for 60: it was stopped"
    assert desk.shown == ""
