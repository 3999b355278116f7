"""Plays a story headless and in virtual time against a running ledger."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terminal_sim.actions import ACTIONS, perform
from terminal_sim.bench import Bench
from terminal_sim.expectations import EXPECTATIONS, NotSeen
from terminal_sim.ledger_view import LedgerSilent
from terminal_sim.machine import Machine
from terminal_sim.scenarios.cast import Cast, given, prepared
from terminal_sim.scenarios.operator import CommandRefused, Operator
from terminal_sim.scenarios.releases import Releases
from terminal_sim.scenarios.story import Step, Story, read_story
from terminal_sim.values import BadAction

# What makes a story turn out otherwise than it was told.
OTHERWISE = (NotSeen, LedgerSilent, CommandRefused, BadAction)
# What is due at the end of a time happens a moment later.
A_MOMENT_S = 0.001


class StepFailed(Exception):
    """A step turned out otherwise; the message says which and how."""


@dataclass(frozen=True)
class Outcome:
    """How a story ended; `failure` is None when it went as it was told.

    `seconds` passed on the terminal that was furthest ahead, `real_seconds` for whoever waited.
    """

    title: str
    steps_done: int
    failure: str | None
    seconds: float
    file: str = ""
    real_seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return self.__dict__ | {"passed": self.failure is None}


def play(
    path: Path,
    ledger_url: str,
    api_tokens: dict[str, str],
    *,
    say: Callable[[str], Any] = print,
    operator: Operator | None = None,
) -> Outcome:
    """Play the story in a file; `say` hears each step when it begins.

    Each terminal needs its api_token, by name or from the environment. Without any, an `operator` furnishes
    the ledger with the story's setup first, under new names. The balances of the story's tokens are read when
    it starts, so that `expect_change` holds on any ledger. Raises ValueError when the file or the tokens are
    not usable, when nobody is there for what an operator does, and when the ledger does not tell those
    balances.
    """
    began_s = time.monotonic()
    story = read_story(path)
    if operator is None and any(step.action in ("operator", "release") for step in story.steps):
        raise ValueError(f"{path}: somebody must type commands of tapledger for it: play it with --prepare")
    is_furnished = operator is None or bool(api_tokens)
    cast = given(story, api_tokens) if is_furnished else prepared(story, operator, say)
    with contextlib.ExitStack() as stack:
        bench = stack.enter_context(Bench(clock="virtual"))
        stage = _Stage(story, cast, bench, operator, say)
        stack.callback(stage.close)
        stage.furnish(ledger_url)
        failure = stage.play()
        seconds = max(machine.seconds for machine in bench.machines.values())
    where = f"{path}:{stage.at_line}: " if failure else ""
    real_seconds = time.monotonic() - began_s
    told = f"{where}{failure}" if failure else None
    return Outcome(story.title, stage.steps_done, told, seconds, str(path), real_seconds)


class _Stage:
    """The terminals of a story while it plays, and what the ledger says of its tokens."""

    def __init__(
        self, story: Story, cast: Cast, bench: Bench, operator: Operator | None, say: Callable[[str], Any]
    ) -> None:
        self._story = story
        self._cast = cast
        self._bench = bench
        self._operator = operator
        self._say = say
        self._releases: Releases | None = None
        self.steps_done = 0
        self.at_line = 0

    def furnish(self, ledger_url: str) -> None:
        """Put the terminals on the bench and read the balances; ValueError when the ledger does not tell."""
        for name, settings in self._story.terminals.items():
            token = self._cast.api_tokens[name]
            self._bench.terminal(name=name, ledger_url=ledger_url, api_token=token, **settings)
        if any(step.action == "release" for step in self._story.steps):
            self._releases = Releases(self._operator)
            for machine in self._bench.machines.values():
                self._releases.let_trust(machine)
        watched = {step.token for step in self._story.steps if step.action == "expect_change"}
        try:
            for token in sorted(watched):
                self._any.note_balance(self._uid(token))
        except LedgerSilent as error:
            raise ValueError(f"the story cannot begin: {error}") from error

    def play(self) -> str | None:
        """Play all steps; return what went otherwise."""
        timed = [step for step in self._story.steps if step.at_s is not None]
        for step in timed:
            machine = self._bench.machines.get(step.terminal, self._any)
            machine.at(step.at_s, lambda step=step: self._do(step))
        try:
            for step in self._story.steps:
                if step.at_s is None:
                    self._do(step)
                    self._bench.catch_up()
            for step in timed:
                machine = self._bench.machines.get(step.terminal, self._any)
                self._bench.run_for(max(0.0, step.at_s - machine.seconds) + A_MOMENT_S)
        except StepFailed as failed:
            return str(failed)
        return None

    def close(self) -> None:
        """Remove what was made for the story."""
        if self._releases is not None:
            self._releases.close()

    def _do(self, step: Step) -> None:
        self._say(step.value if step.action == "say" else str(step))
        machine = self._bench.machines.get(step.terminal)
        try:
            if step.action in EXPECTATIONS:
                self._expect(step, machine)
            elif step.action in ACTIONS:
                self._act(step, machine)
            else:
                self._tell(step, machine)
        except OTHERWISE as error:
            self.at_line = step.line
            raise StepFailed(f"{step} failed: {error}") from error
        self.steps_done += 1

    def _act(self, step: Step, machine: Machine | None) -> None:
        if machine is None:
            self._bench.leap(step.value)
            return
        value = self._cast.token(step.value) if step.action == "tap" else step.value
        if perform(machine, step.action, value).get("accepted") is False:
            raise NotSeen(f"the coin of {step.value} cents fell through into the return")

    def _tell(self, step: Step, machine: Machine | None) -> None:
        if step.action == "run_for":
            (machine or self._bench).run_for(step.value)
        elif step.action == "operator":
            self._operator.type(*self._cast.words(step.value))
        elif step.action == "release":
            changes = step.value.get("changes", {})
            self._releases.publish(step.value["version"], changes, self._cast.ids[step.terminal])

    def _expect(self, step: Step, machine: Machine | None) -> None:
        if EXPECTATIONS[step.action].is_of_token:
            getattr(self._any, step.action)(self._uid(step.token), step.value, step.timeout_s)
        else:
            getattr(machine, step.action)(step.value, step.timeout_s)

    def _uid(self, token: str) -> str:
        return self._cast.tokens[token]

    @property
    def _any(self) -> Machine:
        """Any terminal, for what is the same at all of them."""
        return next(iter(self._bench.machines.values()))
