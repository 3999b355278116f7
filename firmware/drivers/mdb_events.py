"""What happens on the vending bus, on its way from the interrupt that hears it to the task."""

from array import array

from micropython import const

from system import compat

# Each event has two values and the number of the request that it belongs to.
WAS_RESET = const(1)  # 1 when an approved vend was under way
WAS_ENABLED = const(2)
ENDED = const(3)
VEND_ASKED = const(4)  # units, item
VEND_CANCELLED = const(5)
VEND_SUCCEEDED = const(6)
VEND_FAILED = const(7)
CASH_SOLD = const(8)  # units, item
REVALUE_ASKED = const(9)  # units
REVALUED = const(10)

_CAPACITY = const(16)
_FIELDS = const(4)


class BusEvents:
    """A ring that an interrupt fills without allocating; what does not fit is counted in `discards`."""

    def __init__(self):
        self._values = array("H", bytes(2 * _CAPACITY * _FIELDS))
        self._head = 0
        self._tail = 0
        self.discards = 0
        self.filled = compat.ThreadSafeFlag()

    def put(self, event, first, second, request):
        """Add an event, in an interrupt."""
        head = self._head
        after = (head + 1) % _CAPACITY
        if after == self._tail:
            self.discards += 1
            return
        at = head * _FIELDS
        self._values[at] = event
        self._values[at + 1] = first
        self._values[at + 2] = second
        self._values[at + 3] = request
        self._head = after
        self.filled.set()

    def next(self):
        """Return the oldest event as (event, first value, second value, request), or None."""
        tail = self._tail
        if tail == self._head:
            return None
        event = tuple(self._values[tail * _FIELDS : (tail + 1) * _FIELDS])
        self._tail = (tail + 1) % _CAPACITY
        return event
