"""What was looked up a moment ago and need not be looked up again, where being a moment late harms nobody."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any

AGE = timedelta(seconds=1)
MOMENT = timedelta(seconds=0.1)
MOST = 10_000


class Recent:
    """Keeps values for AGE, and MOST of them: no stream of new keys fills the memory."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[Any, datetime]] = {}

    def get(self, key: Hashable, now: datetime, look: Callable[[], Any]) -> Any:
        """Return what `look` returns, or what it returned less than AGE ago; what it raises is not kept."""
        kept = self._young(key, now)
        if kept is not None:
            return kept[0]
        value = look()
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[key] = value, now
        return value

    def has(self, key: Hashable, now: datetime) -> bool:
        """Say whether there is a value for this key that stays young enough for a moment yet."""
        return self._young(key, now + MOMENT) is not None

    def forget(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _young(self, key: Hashable, now: datetime) -> tuple[Any, datetime] | None:
        kept = self._kept.get(key)
        # A clock that was set back makes nothing younger than it is.
        return kept if kept is not None and kept[1] <= now < kept[1] + AGE else None
