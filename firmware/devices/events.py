"""The queue between the parts of a device, which notice, and the device, which decides."""

import asyncio

from system import compat

TOKEN = "token"
BUTTON = "button"
KEY = "key"
SETTLED = "settled"
REFRESH = "refresh"


class Events:
    """A bounded queue of (kind, value). What does not fit is counted in `discards`."""

    def __init__(self, capacity=16):
        self._capacity = capacity
        self._items = []
        self._filled = asyncio.Event()
        self.discards = 0

    def put(self, kind, value=None):
        """Add an event; called from tasks, never from an interrupt handler."""
        if len(self._items) >= self._capacity:
            self.discards += 1
            return
        self._items.append((kind, value))
        self._filled.set()

    async def next(self, timeout_ms):
        """Return the oldest event, or (None, None) when none comes in time."""
        if not self._items:
            self._filled.clear()
            if not await compat.flagged_within(self._filled, timeout_ms):
                return None, None
        return self._items.pop(0)

    def forget(self, *kinds):
        """Drop what people did while nobody could listen."""
        self._items = [item for item in self._items if item[0] not in kinds]
