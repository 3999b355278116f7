"""A small chip between the vending bus and a UART that has only eight bits; it keeps the bus's time.

Bus to UART, two bytes a word: `1nnnnnmd`, `0ddddddd` with a running number n, the mode bit m and the data d.
UART to bus, an answer: `1nnnnn00`, the number of bytes, and the bytes. n is that of the word which is
answered; the chip sets the mode bit on the last byte. An answer is dropped when another word has come since,
or more than 4 ms have passed: silence is right where a late answer is not.
"""

from __future__ import annotations

from collections.abc import Callable

from terminal_sim.chips.bus import Timeline, Wires
from terminal_sim.chips.mdb_bus import MODE, MdbBus

LONGEST_WAIT_US = 4_000
_LONGEST_ANSWER = 36
_NUMBERS = 32
# Two bytes of ten bits at 230400 bit/s.
_TWO_BYTES_US = 88
_PULSE_US = 20


class MdbBridge:
    """The chip. Its ready line goes low for a moment when the bytes of a word have been sent."""

    send: Callable[[bytes], None]

    def __init__(self, timeline: Timeline, bus: MdbBus, wires: Wires, ready_pin: int) -> None:
        self._timeline = timeline
        self._bus = bus
        self._ready = lambda level: wires.drive(ready_pin, level)
        self._number = 0
        self._heard_us = -LONGEST_WAIT_US
        self._received: list[int] = []
        self.dropped = 0
        bus.connect_device(self._hear_word)
        self._ready(1)

    def _hear_word(self, word: int) -> None:
        self._number = (self._number + 1) % _NUMBERS
        self._heard_us = self._timeline.now_us()
        self.send(bytes((0x80 | self._number << 2 | word >> 7 & 3, word & 0x7F)))
        self._pulse(self._heard_us + _TWO_BYTES_US)

    def _pulse(self, when_us: int) -> None:
        drive: Callable[[int], None] = self._ready
        self._timeline.at(when_us, lambda: drive(0))
        self._timeline.at(when_us + _PULSE_US, lambda: drive(1))

    def receive(self, data: bytes) -> None:
        """Take what the microcontroller has sent."""
        for byte in data:
            self._hear_byte(byte)

    def _hear_byte(self, byte: int) -> None:
        self._received.append(byte)
        header, *rest = self._received
        if not header & 0x80 or header & 3 or rest and not 1 <= rest[0] <= _LONGEST_ANSWER:
            self._received.clear()
        elif rest and len(rest) == 1 + rest[0]:
            self._received.clear()
            self._answer(header >> 2 & 0x1F, rest[1:])

    def _answer(self, number: int, answer: list[int]) -> None:
        waited_us = self._timeline.now_us() - self._heard_us
        if number != self._number or waited_us > LONGEST_WAIT_US:
            self.dropped += 1
            return
        self._bus.send_to_master([*answer[:-1], answer[-1] | MODE])
