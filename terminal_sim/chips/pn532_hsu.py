"""The PN532's HSU face (UM0701-02, 6.2.3): a UART on which the chip sends as soon as it can."""

from __future__ import annotations

from collections.abc import Callable

from terminal_sim.chips.bus import Timeline
from terminal_sim.chips.pn532 import PN532Chip

_WAKE_UP = 0x55


class PN532HsuFace:
    """The chip on a UART. A frame comes in one piece; what arrives before the chip is awake is lost.

    Made for a chip whose interface is "hsu".
    """

    def __init__(self, chip: PN532Chip, timeline: Timeline) -> None:
        self._chip = chip
        self._timeline = timeline
        self.send: Callable[[bytes], None] = lambda _data: None
        chip.when_output = lambda ready_at_us: timeline.at(ready_at_us, self._send_what_waits)

    def receive(self, data: bytes) -> None:
        """Take what the host has sent."""
        noise = self._chip.faults.noise(len(data))
        if noise is not None:
            self.send(noise)
            return
        if self._chip.is_there():
            self._chip.hear(data)
        elif _WAKE_UP in data:
            self._chip.wake()

    def _send_what_waits(self) -> None:
        # Frames of a chip that was reset meanwhile are gone from its queue.
        while self._chip.frame_waits:
            self.send(self._chip.take_frame())
