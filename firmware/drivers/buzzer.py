"""A passive buzzer on a PWM pin: short patterns that tell good from bad without a look at the display."""

import asyncio

from system import compat

_HALF_DUTY = 32768
_LOOK_MS = 1000
# What a person tells apart by rhythm alone: up for good, one long low for bad, one short tick for wait.
GOOD = ((1760, 90), (0, 40), (2640, 160))
BAD = ((330, 450),)
WAIT = ((1320, 40),)


class Buzzer:
    """Plays one pattern of (hertz, milliseconds) at a time, in its own task; hertz 0 is a pause.

    play() returns at once. A newer pattern takes the place of the one that sounds.
    """

    def __init__(self, pwm):
        """Give machine.PWM of the pin."""
        self._pwm = pwm
        self._pattern = None
        self._wake = asyncio.Event()
        pwm.duty_u16(0)

    def play(self, pattern):
        """Let the pattern sound, from now on."""
        self._pattern = pattern
        self._wake.set()

    async def run(self, beat):
        """Sound what play() asks for, for ever; silent also when this task is cancelled."""
        while True:
            beat()
            if not await compat.flagged_within(self._wake, _LOOK_MS):
                continue
            self._wake.clear()
            try:
                await self._sound(self._pattern)
            finally:
                self._pwm.duty_u16(0)

    async def _sound(self, pattern):
        for hertz, duration_ms in pattern:
            if hertz:
                self._pwm.freq(hertz)
            self._pwm.duty_u16(_HALF_DUTY if hertz else 0)
            if await compat.flagged_within(self._wake, duration_ms):
                return
