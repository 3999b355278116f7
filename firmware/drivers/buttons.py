"""Push buttons to ground with pull-ups: one event a press, contact bounce filtered."""

from micropython import const

from system import compat
from system.bus import BusHealth

_SAMPLE_MS = const(10)
_STABLE_SAMPLES = const(3)
_IDLE_CHECK_MS = const(1000)


class Buttons:
    """Buttons that pull their pin to 0 while pressed. Noise is no press, for as long as it lasts."""

    def __init__(self, pins, falling):
        """Give the pins and the board's value for `trigger` that means a falling edge."""
        self._pins = pins
        self._edge = compat.ThreadSafeFlag()
        self.health = BusHealth("buttons")
        for pin in pins:
            pin.irq(self._on_edge, falling)

    def _on_edge(self, _pin):
        self._edge.set()

    @property
    def count(self):
        """Return how many there are."""
        return len(self._pins)

    def held(self):
        """Return the numbers of those that are pressed at this moment, from 0."""
        return [number for number, pin in enumerate(self._pins) if not pin.value()]

    async def run(self, on_press, beat):
        """Call on_press(index) once for each press, for ever."""
        while True:
            # The periodic look finds a button whose edge was missed.
            has_moved = await compat.flagged_within(self._edge, _IDLE_CHECK_MS)
            beat()
            pressed = await self._steady(beat)
            if pressed is not None:
                if not self.health.is_noisy:
                    on_press(pressed)
                while await self._steady(beat) is not None:
                    beat()
            if has_moved:
                self.health.stirs()
            else:
                self.health.rests()

    async def _steady(self, beat):
        # Mains hum on a long wire may never be the same twice.
        last, count = self._pressed(), 1
        while count < _STABLE_SAMPLES:
            beat()
            await compat.sleep_ms(_SAMPLE_MS)
            now = self._pressed()
            if now != last:
                self.health.stirs()
            count = count + 1 if now == last else 1
            last = now
        return last

    def _pressed(self):
        held = self.held()
        return held[0] if held else None
