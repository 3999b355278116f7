"""The PN532's SPI face (UM0701-02, 6.2.5): mode 0, least significant bit first, an operation byte leads."""

from __future__ import annotations

from terminal_sim.chips.pn532 import PN532Chip

_STATUS_READ = 0x02
_DATA_WRITE = 0x01
_DATA_READ = 0x03
_READY = 0x01
_TURNED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


class PN532SpiFace:
    """The chip on an SPI bus whose master sends the most significant bit first, as most ports do.

    A data read takes the frame that waits, even a part of it. A chip that is not there leaves the line to its
    pull-up. Made for a chip whose interface is "spi".
    """

    def __init__(self, chip: PN532Chip) -> None:
        self._chip = chip
        self._operation: int | None = None
        self._written = b""
        self._is_there = False

    def select(self, level: int) -> None:
        """Begin a transfer, which wakes a sleeping chip, or end it: only then a written frame counts."""
        if level:
            if self._operation == _DATA_WRITE and self._is_there:
                self._chip.hear(self._written)
            self._is_there = False
            return
        self._operation, self._written = None, b""
        self._chip.wake()
        self._is_there = self._chip.is_there()

    def exchange(self, data: bytes) -> bytes:
        """Take and give bytes, their bits turned in both directions."""
        noise = self._chip.faults.noise(len(data))
        if noise is not None:
            self._is_there = False
            return noise
        if not self._is_there:
            return b"\xff" * len(data)
        data = data.translate(_TURNED)
        head = b""
        if self._operation is None and data:
            self._operation, data, head = data[0], data[1:], b"\x00"
        return (head + self._answer(data)).translate(_TURNED)

    def _answer(self, data: bytes) -> bytes:
        if self._operation == _DATA_WRITE:
            self._written += data
        if self._operation == _STATUS_READ:
            return bytes([_READY if self._chip.frame_waits else 0]) * len(data)
        if self._operation == _DATA_READ and data and self._chip.frame_waits:
            return self._chip.clock_out(len(data))
        return bytes(len(data))
