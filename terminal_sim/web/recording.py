"""Each thing that is done on the board as a line of a story, with the pauses between them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from terminal_sim.control import Refused
from terminal_sim.scenarios.story import Step, Story
from terminal_sim.scenarios.writing import write_story
from terminal_sim.tokens import HOW
from terminal_sim.web.cast import Card
from terminal_sim.web.feed import Feed

TOPIC = "recording"
# Whoever plays the story elsewhere begins with terminals that have just been switched on.
STARTING_S = 3.0
# A shorter pause makes no difference to anybody, and a story is read by people.
SHORTEST_PAUSE_S = 0.1
MOST_STEPS = 2000


class Recorder:
    """Takes down what is done while it records; says to the feed what it has.

    `settings(name)` tells how a terminal is configured; the cards give the tokens their names. Steps follow
    each other, with `run_for` between them. A coin that falls through is expected to, the next time. After
    MOST_STEPS it records no more.
    """

    def __init__(self, feed: Feed, settings: Callable[[str], dict[str, Any]], cards: Iterable[Card]) -> None:
        self._feed = feed
        self._settings = settings
        self._names = [(card.value, card.token) for card in cards]
        self._guard = threading.Lock()
        self._steps: list[Step] = []
        self._tokens: dict[str, str | dict[str, Any]] = {}
        self._is_recording = False
        self._last_s = 0.0
        self._tell()

    def start(self) -> None:
        """Begin a new recording; what was recorded before is gone."""
        with self._guard:
            self._steps, self._tokens = [], {}
            self._is_recording = True
            self._add("run_for", STARTING_S, None)

    def stop(self) -> None:
        """Record no more; what was recorded stays."""
        with self._guard:
            self._is_recording = False
            self._tell()

    def note(self, terminal: str, action: str, value: Any) -> bool:
        """Take down what was done or expected just now; False while nothing is recorded."""
        with self._guard:
            self._is_recording = self._is_recording and len(self._steps) < MOST_STEPS
            if not self._is_recording:
                self._tell()
                return False
            pause_s = round(time.monotonic() - self._last_s, 1)
            if pause_s >= SHORTEST_PAUSE_S:
                self._add("run_for", pause_s, None)
            self._add(action, self._named(value) if action == "tap" else value, terminal)
            return True

    def story(self) -> Story:
        """Return what was recorded; Refused while that is nothing."""
        with self._guard:
            terminals = {step.terminal for step in self._steps} - {None}
            if not terminals:
                raise Refused("nothing is recorded yet: press Record, then do something at a machine")
            settings = {name: self._settings(name) for name in sorted(terminals)}
            return Story("Recorded on the board", settings, dict(self._tokens), tuple(self._steps))

    def text(self) -> str:
        """Return it as the text of a story's file; Refused while there is nothing."""
        return write_story(self.story())

    def _add(self, action: str, value: Any, terminal: str | None) -> None:
        self._steps.append(Step(len(self._steps) + 1, action, value, terminal))
        self._last_s = time.monotonic()
        self._tell()

    def _named(self, value: str | dict[str, Any]) -> str | dict[str, Any]:
        """Return what `tap` says in a story, where tokens have names."""
        table = value if isinstance(value, dict) else {"uid": value}
        how = {key: table[key] for key in HOW if key in table}
        name = self._name({key: table[key] for key in table if key not in HOW})
        return {"token": name, **how} if how else name

    def _name(self, which: dict[str, Any]) -> str:
        names = [name for card, name in self._names if card == which]
        name = names[0] if names else "token_" + "_".join(str(part).lower() for part in which.values())
        if "clone_of" in which:
            self._tokens[name] = {"clone_of": self._name({"uid": which["clone_of"]})}
        else:
            self._tokens[name] = which.get("uid", "random")
        return name

    def _tell(self) -> None:
        lines = [_line(step) for step in self._steps]
        is_something = any(step.terminal for step in self._steps)
        state = {"is_recording": self._is_recording, "lines": lines, "is_something": is_something}
        self._feed.put(TOPIC, state)


def _line(step: Step) -> str:
    return f"{step.terminal or ''} {step.action} = {json.dumps(step.value, ensure_ascii=False)}".strip()
