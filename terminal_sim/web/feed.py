"""The latest state of everything on the board, and a way to wait for what changes next."""

from __future__ import annotations

import threading
from typing import Any

State = dict[str, Any]


class Feed:
    """One state for each topic, a terminal's name or a subject; listeners are told the fields that differ.

    A state that was put is never changed afterwards. A listener that is slow is told less often, never
    something old, and nobody waits for it.
    """

    def __init__(self) -> None:
        self._states: dict[str, State] = {}
        self._changed = threading.Condition()
        self._is_closed = False

    def put(self, topic: str, state: State) -> None:
        """Replace what is known of a topic."""
        with self._changed:
            if self._states.get(topic) != state:
                self._states[topic] = state
                self._changed.notify_all()

    def get(self, topic: str) -> State:
        """Return what is known of a topic, an empty state before anything is."""
        with self._changed:
            return self._states.get(topic, {})

    def next(self, seen: dict[str, State], timeout_s: float) -> dict[str, State] | None:
        """Wait for changes since `seen`, which is brought up to date, and return them by topic.

        Empty after the timeout, None when the board has ended.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._news(seen), timeout_s)
            if self._is_closed:
                return None
            news = self._news(seen)
            seen.update({topic: self._states[topic] for topic in news})
            return news

    def close(self) -> None:
        """Let go of everybody who waits."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _news(self, seen: dict[str, State]) -> dict[str, State]:
        return {
            topic: _difference(seen.get(topic, {}), state)
            for topic, state in self._states.items()
            if seen.get(topic) is not state
        }


def _difference(before: State, after: State) -> State:
    return {name: value for name, value in after.items() if name not in before or before[name] != value}
