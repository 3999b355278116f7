"""What lies on a real reader is laid on the reader of a running terminal, and taken away with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from terminal_sim.control import Refused, ask, read_state
from terminal_sim.readers.source import CardCame, CardLeft, Event, Notice, Source

# The firmware must find in its own rounds what the real reader has found in one of its.
SHORTEST_TOUCH_S = 0.4


class Feeder:
    """Feeds the terminal `name` from a source; `say` gets every event, and what went wrong as a Notice.

    Of several cards the terminal has the one that came last. A card that lies there is laid down again
    when the terminal was started anew, and as soon as one without power has it back: as on a machine,
    the card is simply there.
    """

    def __init__(self, name: str, state_dir: Path, source: Source, say: Callable[[Event], None]) -> None:
        self._name = name
        self._state_dir = state_dir
        self._source = source
        self._say = say
        self._cards: list[CardCame] = []
        # The card that the terminal has, and the secret of its process: another process has another one.
        self._laid: tuple[CardCame, str] | None = None
        self._laid_at_s = 0.0
        self._trouble: str | None = None

    def step(self, timeout_s: float) -> None:
        """Pass on what happens within about `timeout_s`; SourceEnded when nothing ever will."""
        for event in self._source.wait(timeout_s):
            self._say(event)
            if isinstance(event, CardCame):
                self._cards.append(event)
            elif isinstance(event, CardLeft):
                self._cards.remove(CardCame(event.uid, event.reader))
            self._settle()
        self._settle()

    def close(self) -> None:
        """Take the card away from the terminal, and let go of the reader."""
        self._cards.clear()
        self._settle()
        self._source.close()

    def _settle(self) -> None:
        try:
            if self._cards:
                self._lay_down(self._cards[-1])
            elif self._laid is not None:
                self._take_away()
        except Refused as refused:
            if str(refused) != self._trouble:
                self._trouble = str(refused)
                self._say(Notice(self._trouble))

    def _lay_down(self, card: CardCame) -> None:
        state = read_state(self._name, self._state_dir)
        if (card, state.secret) == self._laid:
            return
        ask(state, "tap", uid=card.uid, hold_s=0)
        self._laid, self._laid_at_s, self._trouble = (card, state.secret), time.monotonic(), None

    def _take_away(self) -> None:
        self._laid = None
        time.sleep(max(0.0, self._laid_at_s + SHORTEST_TOUCH_S - time.monotonic()))
        ask(read_state(self._name, self._state_dir), "untap")
