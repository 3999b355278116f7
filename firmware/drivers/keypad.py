"""A 4x4 key matrix: rows pull low one at a time, columns are read against their pull-ups."""

from micropython import const

from system import compat
from system.bus import BusHealth
from system.log import log

_LAYOUT = "123A456B789C*0#D"
_SAMPLE_MS = const(10)
_IDLE_LOOK_MS = const(1000)
# Three keys at once make a fourth look pressed; two cannot.
_MOST_KEYS = const(2)
_LONGEST_TOUCH_MS = const(30000)
_CLEAR = "*"


class Keypad:
    """Tells each key once when it goes down. Rows must be open drain: two keys may join two rows.

    While no key is down all rows are low and an edge on any column wakes the scan. Noise is no key: what it
    has typed is cleared, and no key is told before the lines have rested for a second.
    """

    def __init__(self, rows, columns, falling):
        """Give the row and column pins and the board's trigger for a falling edge."""
        self._rows = rows
        self._columns = columns
        self._edge = compat.ThreadSafeFlag()
        self.health = BusHealth("keypad")
        self._drive_all(0)
        for column in columns:
            column.irq(self._on_edge, falling)

    def _on_edge(self, _pin):
        self._edge.set()

    async def run(self, on_key, beat):
        """Call on_key(letter) for each key that goes down, for ever."""
        while True:
            beat()
            has_moved = await compat.flagged_within(self._edge, _IDLE_LOOK_MS)
            if self._is_any_down():
                await self._follow(on_key, beat)
                self._edge.clear()
            elif has_moved:
                self._stir(on_key)
            else:
                self.health.rests()

    async def _follow(self, on_key, beat):
        told = before = ""
        began_ms = compat.ticks_ms()
        while True:
            down = self._scan()
            if down != before:
                self._stir(on_key)
            elif not down:
                break
            elif len(down) <= _MOST_KEYS and not self.health.is_noisy:
                for key in down:
                    if key not in told:
                        on_key(key)
                told = down
            before = down
            beat()
            self._notice_stuck(began_ms, down)
            await compat.sleep_ms(_SAMPLE_MS)
        self._drive_all(0)

    def _stir(self, on_key):
        if self.health.stirs():
            on_key(_CLEAR)

    def _notice_stuck(self, began_ms, down):
        if not self.health.is_failing and compat.ticks_diff(compat.ticks_ms(), began_ms) > _LONGEST_TOUCH_MS:
            log("keypad", f"held down for long: {down}")
            self.health.fails()

    def _scan(self):
        self._drive_all(1)
        down = ""
        for number, row in enumerate(self._rows):
            row.value(0)
            for offset, column in enumerate(self._columns):
                if not column.value():
                    down += _LAYOUT[4 * number + offset]
            row.value(1)
        return down

    def _is_any_down(self):
        return any(not column.value() for column in self._columns)

    def _drive_all(self, level):
        for row in self._rows:
            row.value(level)
