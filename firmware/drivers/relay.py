"""The dry contact that lets the machine vend: closed for one pulse, open in every other moment."""

from system import compat


class Relay:
    """A relay on one pin, 1 = closed. It is opened when this object is made."""

    def __init__(self, pin):
        self._pin = pin
        pin.value(0)

    async def pulse(self, duration_ms):
        """Close the contact for so long; it opens even when the task is cancelled meanwhile."""
        self._pin.value(1)
        try:
            await compat.sleep_ms(duration_ms)
        finally:
            self._pin.value(0)
