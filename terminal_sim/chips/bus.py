"""What a chip model sees of the board around it: I2C, SPI and serial lines, wires and the time line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Nack(Exception):
    """The addressed chip did not acknowledge: the firmware sees OSError(ENODEV)."""


class I2CDevice(Protocol):
    """A chip on the I2C bus, addressed by its 7-bit address.

    `write` gets the bytes of one write transfer, `read` returns exactly `count`
    bytes of one read transfer; both raise Nack when the chip does not answer.
    """

    address: int

    def write(self, data: bytes) -> None:
        """Take the bytes of one write transfer."""

    def read(self, count: int) -> bytes:
        """Return the bytes of one read transfer."""


class SPIDevice(Protocol):
    """A chip on an SPI bus with a select wire of its own."""

    def select(self, level: int) -> None:
        """See the select wire change: 0 begins a transfer and 1 ends it."""

    def exchange(self, data: bytes) -> bytes:
        """Take bytes while selected and return as many, each as it leaves while its counterpart arrives."""


class SerialDevice(Protocol):
    """What hangs on the two wires of a UART; `send` is given to it when it is connected."""

    send: Callable[[bytes], None]

    def receive(self, data: bytes) -> None:
        """Take what the microcontroller has sent in one go, when its last bit is through."""


class OneWireDevice(SerialDevice, Protocol):
    """What shares one wire with both directions of a UART; `echo` is given to it as `send` is.

    It echoes what is on the wire while the microcontroller sends, which is what that sent unless something
    is wrong.
    """

    echo: Callable[[bytes], None]


class Wires(Protocol):
    """The board's GPIO wires, seen from outside the microcontroller.

    A wire's level is what the firmware drives, or else what the world drives,
    or else its pull. Levels are 0 and 1.
    """

    def level(self, pin: int) -> int:
        """Return the level on the wire now."""

    def drive(self, pin: int, level: int | None) -> None:
        """Drive the wire from outside; None lets go of it."""

    def watch(self, pin: int, callback: Callable[[int, int], None]) -> None:
        """Call `callback(level, now_us)` whenever the firmware changes the level it drives."""


class Timeline(Protocol):
    """The world's time in microseconds, virtual or real."""

    def now_us(self) -> int:
        """Return the time since the world began."""

    def at(self, when_us: int, callback: Callable[[], None]) -> None:
        """Call `callback` when that time has come."""
