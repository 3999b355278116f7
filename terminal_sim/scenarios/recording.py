"""Takes down what is done to terminals, as a story that can be played again."""

from __future__ import annotations

from typing import Any

from terminal_sim.machine import Machine
from terminal_sim.scenarios.story import Step, Story
from terminal_sim.tokens import HOW

# What a terminal's configuration says of the ledger and the board is not the story's.
_NOT_TOLD = ("board", "ledger_url", "api_token")


class Recording:
    """What was done to some terminals since it began; each step with its time since then."""

    def __init__(self, title: str, *machines: Machine) -> None:
        self._title = title
        self._machines = machines
        self._began_s = {machine.name: machine.seconds for machine in machines}
        self._tokens: dict[str, str | dict[str, Any]] = {}
        self._steps: list[Step] = []

    def note(self, machine: Machine, action: str, value: Any = True) -> Step:
        """Take down an action, named and with a value as terminal_sim.actions.perform takes it."""
        if action == "tap":
            value = self._named(value)
        at_s = round(machine.seconds - self._began_s[machine.name], 3)
        step = Step(len(self._steps) + 1, action, value, machine.name, at_s=at_s)
        self._steps.append(step)
        return step

    def story(self) -> Story:
        """Return the story so far; ValueError while there is nothing in it."""
        if not self._steps:
            raise ValueError("nothing has happened yet that could be written down")
        terminals = {machine.name: _told(machine.config) for machine in self._machines}
        return Story(self._title, terminals, self._tokens, tuple(self._steps))

    def _named(self, value: str | dict[str, Any]) -> str | dict[str, Any]:
        """Give the token a name, the same one each time, and return what `tap` says in a story."""
        table = value if isinstance(value, dict) else {}
        which: str | dict[str, Any] = {key: table[key] for key in table if key not in HOW} or value
        if isinstance(which, dict) and "clone_of" in which:
            which = {"clone_of": self._name(which["clone_of"])}
        elif isinstance(which, dict):
            which = which.get("uid", "random")
        how = {key: table[key] for key in HOW if key in table}
        name = self._name(which)
        return {"token": name, **how} if how else name

    def _name(self, which: str | dict[str, Any]) -> str:
        for name, known in self._tokens.items():
            if known == which:
                return name
        name = f"token_{len(self._tokens) + 1}"
        self._tokens[name] = which
        return name


def _told(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in _NOT_TOLD}
