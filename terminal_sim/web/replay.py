"""Plays a story on the board, before everybody's eyes: in real time, on the terminals that stand there."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from terminal_sim.actions import ACTIONS
from terminal_sim.control import Refused
from terminal_sim.expectations import EXPECTATIONS, NotSeen
from terminal_sim.machine import Machine
from terminal_sim.scenarios.cast import Cast, given
from terminal_sim.scenarios.story import Step, Story, read_story
from terminal_sim.web.feed import Feed

TOPIC = "replay"
LOOK_EVERY_S = 0.1
HERE = {*ACTIONS, *EXPECTATIONS, "say", "run_for"}
ELSEWHERE = "play it by `tapledger sim scenario`"
Ask = Callable[[str, Callable[[Machine], Any]], Any]
Act = Callable[[str, str, Any], dict[str, Any]]


def story_of(text: str, name: str) -> Story:
    """Read a story that a page has sent; BadStory says its name and the line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "story.toml")
        path.write_text(text, encoding="utf-8")
        try:
            return read_story(path)
        except ValueError as error:
            raise Refused(str(error).replace(f"{folder}/", "")) from None


class Replay:
    """One replay at a time; `ask` asks a terminal's thread, `act` does something to a terminal.

    The feed is told which step is played, and in the end `outcome`, "done" or "failed", with its `detail`.
    """

    def __init__(self, feed: Feed, ask: Ask, act: Act) -> None:
        self._feed = feed
        self._ask = ask
        self._act = act
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, story: Story, devices: dict[str, str]) -> None:
        """Play it; Refused when it is not for the terminals that stand here, named with their `devices`."""
        _require_playable(story, devices)
        if self._thread is not None and self._thread.is_alive():
            raise Refused("a replay is running: stop it first, or wait until it has ended")
        self._ends.clear()
        self._thread = threading.Thread(target=self._play, args=(story,), name="replay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End a replay between two steps."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def _play(self, story: Story) -> None:
        cast = given(story, dict.fromkeys(story.terminals, "not asked for"))
        number = 0
        try:
            self._note_balances(story, cast)
            for number, step in enumerate(story.steps, 1):
                self._tell(number, story, is_running=True)
                self._do(step, cast, next(iter(story.terminals)))
                if self._ends.is_set():
                    raise Refused("it was stopped")
            self._tell(number, story, outcome="done")
        except Exception as error:
            # Whatever it was, nobody else would tell the page that the replay has ended.
            detail = f"{story.steps[max(0, number - 1)]}: {str(error).splitlines()[0]}"
            self._tell(number, story, outcome="failed", detail=detail)

    def _note_balances(self, story: Story, cast: Cast) -> None:
        some = next(iter(story.terminals))
        for name in {step.token for step in story.steps if step.action == "expect_change"}:
            self._ask(some, lambda machine, uid=cast.tokens[name]: machine.note_balance(uid))

    def _do(self, step: Step, cast: Cast, some: str) -> None:
        if step.action == "run_for":
            self._ends.wait(step.value)
        elif step.action in EXPECTATIONS:
            of_token = EXPECTATIONS[step.action].is_of_token
            values = (cast.tokens[step.token], step.value) if of_token else (step.value,)
            self._expect(step.terminal or some, step, values)
        elif step.action in ACTIONS:
            value = cast.token(step.value) if step.action == "tap" else step.value
            if self._act(step.terminal, step.action, value).get("accepted") is False:
                raise NotSeen(f"the coin of {step.value} cents fell through into the return")

    def _expect(self, terminal: str, step: Step, values: tuple[Any, ...]) -> None:
        deadline_s = time.monotonic() + step.timeout_s
        while True:
            try:
                # The terminal's time passes with everybody else's: it is looked at, and not waited for.
                self._ask(terminal, lambda machine: getattr(machine, step.action)(*values, timeout_s=0))
                return
            except NotSeen:
                if time.monotonic() >= deadline_s or self._ends.wait(LOOK_EVERY_S):
                    raise

    def _tell(self, at: int, story: Story, *, is_running: bool = False, **end: str) -> None:
        state = {"replaying": is_running, "at": at, "of": len(story.steps), "outcome": "", "detail": ""}
        self._feed.put(TOPIC, {**state, **end})


def _require_playable(story: Story, devices: dict[str, str]) -> None:
    for name, settings in story.terminals.items():
        if devices.get(name) != settings["device"]:
            raise Refused(f"{name}, a {settings['device']}, is not on this board: {ELSEWHERE}")
    for step in story.steps:
        if step.action not in HERE or step.at_s is not None or (step.action in ACTIONS and not step.terminal):
            raise Refused(f"{step} needs an operator, or a time of its own: {ELSEWHERE}")
