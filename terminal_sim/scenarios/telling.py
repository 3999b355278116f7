"""What a story has beside actions and expectations: words, time, and what an operator does at the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from terminal_sim.values import check_value


@dataclass(frozen=True)
class Telling:
    """A line for people, and the kinds of its value."""

    line: str
    kinds: tuple[type, ...]
    takes: str = ""

    def check(self, name: str, value: Any) -> None:
        """Refuse a value of another kind: BadAction, which says what is taken."""
        check_value(name, value, self.kinds, self.takes)


TELLING = {
    "say": Telling("tell the reader what happens", (str,)),
    "run_for": Telling("let so many seconds pass", (int, float)),
    "operator": Telling("let an operator type a command of tapledger", (str,)),
    "release": Telling("publish an update for a terminal", (dict,), "a table of version and changes"),
}
