"""Lets several things happen at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from ledger.foundation.errors import Refusal


def at_once(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every action in a thread of its own, all from the same moment on; return what each came to."""
    ready = Barrier(len(actions))

    def wait_and_act(action: Callable[[], Any]) -> Any:
        ready.wait()
        try:
            return action()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(wait_and_act, actions))
