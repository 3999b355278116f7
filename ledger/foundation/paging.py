"""Pages of long lists: a limit, and the place to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items of a longer list; `has_more` says that the list goes on after the last one."""

    items: tuple[Item, ...]
    has_more: bool

    @classmethod
    def of(cls, items: list[Item], limit: int) -> Page[Item]:
        """Make a page from `limit` + 1 fetched items: the one too many proves that there is more."""
        return cls(tuple(items[:limit]), len(items) > limit)
