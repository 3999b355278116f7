"""The two wires of the vending bus: nine-bit words from the master to the devices, and from them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from terminal_sim.chips.bus import Timeline

# Start bit, eight bits, mode bit and stop bit at 9600 bit/s.
WORD_US = 11 * 1_000_000 // 9600
MODE = 0x100


def checksum(data: Sequence[int]) -> int:
    """Return the byte that ends a block."""
    return sum(data) & 0xFF


class MdbBus:
    """Carries words; each is heard at the other end when its stop bit has passed."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._device: Callable[[int], None] = lambda _word: None
        self._master: Callable[[int, int], None] = lambda _word, _began_us: None
        self._free_us = 0

    def connect_device(self, hear: Callable[[int], None]) -> None:
        """Wire the device: `hear(word)`."""
        self._device = hear

    def connect_master(self, hear: Callable[[int, int], None]) -> None:
        """Wire the master: `hear(word, began_us)`, with the time of the word's start bit."""
        self._master = hear

    def send_to_device(self, words: Sequence[int]) -> int:
        """Send from the master, back to back from now on; return when the last word is over."""
        now_us = self._timeline.now_us()
        for number, word in enumerate(words, 1):
            self._timeline.at(now_us + number * WORD_US, lambda word=word: self._device(word))
        return now_us + len(words) * WORD_US

    def send_to_master(self, words: Sequence[int]) -> None:
        """Send from the device, behind what it still sends."""
        began_us = max(self._timeline.now_us(), self._free_us)
        for word in words:
            self._timeline.at(
                began_us + WORD_US, lambda word=word, began_us=began_us: self._master(word, began_us)
            )
            began_us += WORD_US
        self._free_us = began_us
