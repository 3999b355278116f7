"""The board: terminals that live, the ledger that they ask, and everything that is done to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from terminal_sim.actions import ACTIONS, perform
from terminal_sim.bench import Bench
from terminal_sim.control import Refused
from terminal_sim.machine import Machine
from terminal_sim.web.cast import TERMINALS, cards_of
from terminal_sim.web.feed import Feed
from terminal_sim.web.ledger_watch import LedgerWatch
from terminal_sim.web.live import LiveTerminal
from terminal_sim.web.recording import Recorder
from terminal_sim.web.replay import Replay, story_of
from terminal_sim.web.sandbox import Surroundings


@dataclass(frozen=True)
class Plan:
    """What is put on the board: names of TERMINALS, and the language that their displays speak."""

    terminals: tuple[str, ...] = tuple(TERMINALS)
    language: str = "en"


class NoPower(Refused):
    """A person does something to a terminal that has no power, and waits for the effect."""


class Board:
    """Four terminals and the world around them; a context manager that switches all of it off.

    The terminals start at once, each in a thread of its own. `feed` tells what is to be seen.
    """

    def __init__(self, surroundings: Surroundings, plan: Plan) -> None:
        self.plan = plan
        self.ledger_url = surroundings.url
        self.cards = cards_of(surroundings.wallets)
        self.feed = Feed()
        self._bench = Bench()
        self._terminals = {
            name: LiveTerminal(name, lambda name=name: self._machine(name, surroundings), self.feed)
            for name in plan.terminals
        }
        self.recorder = Recorder(self.feed, self.settings, self.cards)
        self._replay = Replay(self.feed, lambda name, question: self.terminal(name).ask(question), self.act)
        api_token = next(iter(surroundings.api_tokens.values()), None)
        uids = tuple({card.uid: None for card in self.cards if card.uid})
        self._watch = LedgerWatch(surroundings.url, api_token, uids, self.feed)
        for terminal in self._terminals.values():
            terminal.start()

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.feed.close()
        self._replay.stop()
        self._watch.stop()
        for terminal in self._terminals.values():
            terminal.stop()
        self._bench.close()

    def wait_ready(self) -> None:
        """Wait until each terminal runs or has said why not."""
        for terminal in self._terminals.values():
            terminal.is_ready.wait()

    def terminal(self, name: str) -> LiveTerminal:
        """Return a terminal; Refused when there is none of that name."""
        if name not in self._terminals:
            raise Refused(f"no terminal named {name} is on the board; there are {', '.join(self._terminals)}")
        return self._terminals[name]

    def do(self, name: str, action: str, value: Any) -> dict[str, Any]:
        """Do something to a terminal and record it; returns what there is to say of it.

        Raises Refused (NoPower where power is needed), and BadAction for an action or a value that the
        terminal does not know.
        """
        answer = self.act(name, action, value)
        is_returned = answer.get("accepted") is False
        self.recorder.note(name, "expect_coin_returned" if is_returned else action, value)
        return answer

    def expect_display(self, name: str) -> bool:
        """Record that the display is expected to show what it shows now; False while nothing is recorded."""
        shown = " ".join(" ".join(self.terminal(name).ask(lambda machine: machine.display)).split())
        return self.recorder.note(name, "expect_display", shown)

    def replay(self, text: str | None, name: str) -> None:
        """Play the text of a story's file of that name, or without one what was recorded."""
        self.recorder.stop()
        story = self.recorder.story() if text is None else story_of(text, name)
        self._replay.start(story, {terminal: terminal for terminal in self._terminals})

    def stop(self) -> None:
        """End the recording, and the replay."""
        self.recorder.stop()
        self._replay.stop()

    def act(self, name: str, action: str, value: Any) -> dict[str, Any]:
        """Do something to a terminal without recording it."""

        def do(machine: Machine) -> dict[str, Any]:
            if action in ACTIONS and ACTIONS[action].needs_power and not machine.is_powered:
                raise NoPower(f"{name} has no power")
            done = perform(machine, action, value)
            terminal.note_fault(action, value)
            return done

        terminal = self.terminal(name)
        answer = terminal.ask(do)
        self._watch.look_now()
        return answer

    def settings(self, name: str) -> dict[str, Any]:
        """Return how a terminal is configured, as a story writes it."""
        return {"device": name, "language": self.plan.language, **TERMINALS[name]}

    def faults(self, name: str) -> dict[str, str]:
        """Return what can go wrong with the parts of a terminal: a line for each name."""
        return self.terminal(name).faults

    def _machine(self, name: str, surroundings: Surroundings) -> Machine:
        return self._bench.terminal(
            name=name,
            ledger_url=surroundings.url,
            api_token=surroundings.api_tokens.get(name),
            **self.settings(name),
        )
