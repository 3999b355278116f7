"""What listeners are told: everything once, then what differs, and the latest of it when they are slow."""

from __future__ import annotations

import threading

from terminal_sim.scenarios.story import read_story
from terminal_sim.web.app import stream
from terminal_sim.web.cast import cards_of
from terminal_sim.web.feed import Feed
from terminal_sim.web.recording import Recorder
from terminal_sim.web.sandbox import WALLETS


def test_a_listener_is_told_everything_and_then_only_what_differs():
    feed, seen = Feed(), {}
    feed.put("coffee", {"powered": True, "cups": 0})
    assert feed.next(seen, 0) == {"coffee": {"powered": True, "cups": 0}}
    assert feed.next(seen, 0) == {}
    feed.put("coffee", {"powered": True, "cups": 1})
    feed.put("coffee", {"powered": True, "cups": 2})
    feed.put("ledger", {"answers": False})
    assert feed.next(seen, 0) == {"coffee": {"cups": 2}, "ledger": {"answers": False}}


def test_a_stream_waits_for_news_and_ends_with_the_feed():
    feed = Feed()
    told = stream(feed)
    threading.Timer(0.1, lambda: feed.put("coffee", {"cups": 1})).start()
    assert next(told) == 'data: {"coffee": {"cups": 1}}\n\n'
    threading.Timer(0.1, feed.close).start()
    assert list(told) == ["event: end\ndata: {}\n\n"]


def test_a_recording_reads_as_the_story_of_what_was_done(tmp_path):
    cards = cards_of(WALLETS)
    recorder = Recorder(Feed(), lambda name: {"device": name}, cards)
    assert recorder.note("coffee_machine", "boot", True) is False
    recorder.start()
    for card in cards:
        recorder.note("coffee_machine", "tap", {**card.value, "hold_s": 2})
    recorder.note("coin_station", "expect_coin_returned", 50)
    path = tmp_path / "recording.toml"
    path.write_text(recorder.text())
    story = read_story(path)
    assert story == recorder.story()
    assert story.tokens["clone_of_anna"] == {"clone_of": "anna"}
    assert story.tokens["phone"] == "random"
    assert list(story.terminals) == ["coffee_machine", "coin_station"]
