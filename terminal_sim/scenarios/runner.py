"""Plays a story headless and in virtual time against a running ledger."""

from __future__ import annotations

import http.client
import json
import os
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terminal_sim.bench import Bench
from terminal_sim.machine import Machine, NotSeen
from terminal_sim.scenarios.story import Step, Story, read_story

TIMEOUT_S = 20.0


class Otherwise(AssertionError):
    """The story turned out otherwise."""


@dataclass(frozen=True)
class Outcome:
    """How a story ended; `failure` is None when it went as it was told."""

    title: str
    steps_done: int
    failure: str | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return self.__dict__ | {"passed": self.failure is None}


def play(
    path: Path, ledger_url: str, api_tokens: dict[str, str], *, say: Callable[[str], Any] = print
) -> Outcome:
    """Play the story in a file; each terminal needs its api_token, by name or from the environment.

    The balances of the story's tokens are read when it starts, so that `expect_change` holds on
    any ledger. Raises ValueError when the file or the tokens are not usable, and when the ledger
    does not tell those balances.
    """
    story = read_story(path)
    tokens = {name: _api_token(name, api_tokens) for name in story.terminals}
    with Bench(clock="virtual") as bench:
        try:
            stage = _Stage(story, bench, ledger_url, next(iter(tokens.values())))
        except Otherwise as error:
            raise ValueError(f"the story cannot begin: {error}") from error
        for name, settings in story.terminals.items():
            bench.terminal(name=name, ledger_url=ledger_url, api_token=tokens[name], **settings)
        done = 0
        for step in story.steps:
            say(str(step) if step.action != "say" else step.value)
            failure = stage.failure_of(step)
            if failure:
                return Outcome(story.title, done, f"{step} failed: {failure}", stage.seconds)
            done += 1
        return Outcome(story.title, done, None, stage.seconds)


def _api_token(name: str, given: dict[str, str]) -> str:
    variable = "TAPLEDGER_API_TOKEN_" + name.upper().replace("-", "_")
    token = given.get(name) or os.environ.get(variable)
    if not token:
        raise ValueError(f"the terminal {name} needs --api-token {name}=… or {variable}")
    return token


class _Stage:
    """The terminals of a story while it plays, and what the ledger says of its tokens."""

    def __init__(self, story: Story, bench: Bench, ledger_url: str, api_token: str) -> None:
        self._bench = bench
        self._tokens = story.tokens
        self._ledger = urllib.parse.urlsplit(ledger_url)
        self._api_token = api_token
        watched = {step.token for step in story.steps if step.action == "expect_change"}
        self._at_start = {token: self._balance(token) for token in sorted(watched)}

    @property
    def seconds(self) -> float:
        """How much time has passed on the terminal that is furthest ahead."""
        return max(machine.seconds for machine in self._bench.machines.values())

    def failure_of(self, step: Step) -> str | None:
        """Do a step; return what went otherwise."""
        machine = self._bench.machines.get(step.terminal)
        try:
            if step.action.startswith("expect_"):
                self._expect(step, machine)
            elif step.action == "run_for":
                (machine or self._bench).run_for(step.value)
            elif machine is not None:
                self._act(step, machine)
            self._bench.catch_up()
        except (NotSeen, Otherwise) as error:
            return str(error)
        return None

    def _act(self, step: Step, machine: Machine) -> None:
        network = machine.network
        actions: dict[str, Callable[[], Any]] = {
            "tap": lambda: machine.tap(self._tokens[step.value]),
            "untap": machine.untap,
            "press": lambda: machine.press(step.value),
            "keys": lambda: machine.keys(step.value),
            "coin": lambda: _insert(machine, step.value),
            "offline": network.offline,
            "online": network.online,
            "stall": network.stall,
            "drop_answer": lambda: network.drop_answer(method=step.value),
            "drop_request": lambda: network.drop_request(method=step.value),
            "answer_once": lambda: network.answer_once(step.value, method="POST"),
            "cut_power": machine.cut_power,
            "cut_power_when": lambda: machine.cut_power_when(step.value),
            "cut_power_at": lambda: machine.cut_power_at(step.value),
            "boot": machine.boot,
        }
        actions[step.action]()

    def _expect(self, step: Step, machine: Machine | None) -> None:
        if step.action == "expect_display":
            machine.wait_display(step.value, step.timeout_s)
        elif step.action == "expect_relay":
            machine.wait_relay(step.value, step.timeout_s)
            _same("the relay's closures", step.value, machine.relay_closures)
        elif step.action == "expect_posts":
            _same("the number of postings sent", step.value, machine.network.count("POST"))
        elif step.action == "expect_keys":
            keys = {request.key for request in machine.network.requests} - {None}
            _same("the number of idempotency keys", step.value, len(keys))
        elif step.action == "expect_power":
            machine.wait_until(lambda: machine.is_powered is step.value, step.timeout_s)
        elif step.action == "expect_balance":
            _same(f"the balance of {step.token}", step.value, self._balance(step.token))
        else:
            change = self._balance(step.token) - self._at_start[step.token]
            _same(f"the change of {step.token}'s balance", step.value, change)

    def _balance(self, token: str) -> int:
        try:
            connection = http.client.HTTPConnection(self._ledger.netloc, timeout=TIMEOUT_S)
        except http.client.InvalidURL as error:
            raise Otherwise(f"the ledger does not answer: {error}") from error
        try:
            connection.request(
                "GET",
                f"{self._ledger.path.rstrip('/')}/pos/wallets/token/{self._tokens[token]}",
                headers={"Authorization": f"Bearer {self._api_token}"},
            )
            answer = connection.getresponse()
            body = json.loads(answer.read())
            if answer.status != 200:
                raise Otherwise(f"the ledger answers {answer.status} for {token}: {body.get('message')}")
            return body["data"]["balance"]
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Otherwise(f"the ledger does not answer: {error}") from error
        finally:
            connection.close()


def _insert(machine: Machine, cents: int) -> None:
    if not machine.insert_coin(cents):
        raise Otherwise(f"the coin of {cents} cents fell through into the return")


def _same(what: str, expected: int, found: int) -> None:
    if expected != found:
        raise Otherwise(f"{what} should be {expected} and is {found}")
