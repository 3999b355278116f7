"""What a reader is to the program, whichever chip does the work; how it fails, and is brought back."""

from micropython import const

from system import compat

_RESET_LOW_MS = const(20)
_POWER_OFF_MS = const(300)
_START_UP_MS = const(60)


class ReaderError(Exception):
    """The reader did not do what its manual says; the message tells where it stopped."""


class BusError(ReaderError):
    """The chip does not answer on its bus, or has lost its supply meanwhile."""


class FrameError(ReaderError):
    """A frame is torn, has a wrong checksum, or is not the answer to what was asked."""


class ReplyTimeout(ReaderError):
    """The chip did not become ready in time."""


class SeveralTokens(Exception):
    """More than one token lies on the antenna: which of them is meant nobody knows, so none is read."""


class Reader:
    """The reader's interface, and what all readers have in common; the chips' drivers derive from it and give

    - `start()`: bring the chip from any state to a configured one;
    - `read_uid()`: return a copy of the UID of the token on the antenna, 4, 7 or 10 bytes, None when there
      is none; SeveralTokens when there are more;
    - `restart_field()`: switch the field off and on, for a card that was left in ACTIVE or HALT;
    - `version`: chip and version, for people, once it has started.

    Each of them ends within two seconds and raises nothing else but ReaderError, after which start() mends.
    """

    def __init__(self, reset_pin=None, power_pin=None):
        """Give, where they are wired, the chip's reset pin (0 = reset) and its supply's switch (1 = on)."""
        self._reset_pin = reset_pin
        self._power_pin = power_pin
        self.version = None

    async def hard_reset(self):
        """Pull the reset pin low and wait for the oscillator; nothing happens where it is not wired."""
        if self._reset_pin is None:
            return
        self._reset_pin.value(0)
        await compat.sleep_ms(_RESET_LOW_MS)
        self._reset_pin.value(1)
        await compat.sleep_ms(_START_UP_MS)

    async def power_cycle(self):
        """Switch the supply off and on; where there is no switch, this is a hard reset."""
        if self._power_pin is None:
            await self.hard_reset()
            return
        self._power_pin.value(0)
        await compat.sleep_ms(_POWER_OFF_MS)
        self._power_pin.value(1)
        await compat.sleep_ms(_START_UP_MS)
