"""How well each bus of the device works, for the health report on the console."""

from micropython import const

from system import compat
from system.log import log

# People do not move as many contacts as that without a second's rest; noise does.
_MOST_STIRS = const(100)
# Ticks reach no further; what has failed for longer is told as five days.
_LONGEST_MS = const(432000000)


class BusHealth:
    """One bus, or one part on it: its failures are counted, and the console is told when it has recovered."""

    def __init__(self, name):
        self.name = name
        # Since the start.
        self.failures = 0
        self.recoveries = 0
        self._failing_since = None
        self._before = 0
        self._stirs = 0

    @property
    def is_failing(self):
        """Tell whether it has failed and not worked since."""
        return self._failing_since is not None

    def fails(self, count=1):
        """Count failures."""
        if self._failing_since is None:
            self._failing_since, self._before = compat.ticks_ms(), self.failures
        self._failing_since = compat.aged(self._failing_since, _LONGEST_MS)
        self.failures += count

    def works(self):
        """Take note that it works; when it did not before, the console is told for how long."""
        if self._failing_since is None:
            return
        count = self.failures - self._before
        duration_s = compat.ticks_diff(compat.ticks_ms(), self._failing_since) // 1000
        self._failing_since = None
        self.recoveries += 1
        log("health", f"{self.name} recovered after {count} failures in {duration_s} s")

    @property
    def is_noisy(self):
        """Tell whether its contacts have moved more often than people move them, since they last rested."""
        return self._stirs > _MOST_STIRS

    def stirs(self):
        """Count a movement of its contacts; True once, when they become noisy, which is a failure."""
        self._stirs += 1
        if not self.is_noisy:
            return False
        self.fails()
        if self._stirs > _MOST_STIRS + 1:
            return False
        log("health", f"{self.name}: noise on its wires")
        return True

    def rests(self):
        """Take note that its contacts were quiet for a while."""
        self._stirs = 0
        self.works()

    def report(self):
        """Return its state and its failures since the start, in a few words."""
        return f"{self.name} {'FAILS' if self.is_failing else 'works'} ({self.failures})"
