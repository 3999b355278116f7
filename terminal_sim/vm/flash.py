"""The device's flash chip: an image, a count of what was programmed and erased, and a power that fails."""

from __future__ import annotations

import mmap
from pathlib import Path

BLOCK_BYTES = 4096
BLOCK_COUNT = 512
ERASED = 0xFF
ALL_OF_IT = BLOCK_BYTES * BLOCK_COUNT


class FlashChip:
    """NOR flash as littlefs sees it, with the geometry of an ESP32's 2 MB partition.

    The power fails between two operations or within one: a torn program leaves the first half
    of its bytes, a torn erase the second half of the old block. What is programmed after that
    reaches nothing, because the device only does not know yet that it is off. With a path the
    image is a file which is up to date at every moment, whatever ends this process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = None
        if path is None:
            self._image: bytearray | mmap.mmap = bytearray([ERASED]) * ALL_OF_IT
        else:
            self._image = self._map(path)
        self._afterlife: bytearray | None = None
        self._operations_left: int | None = None
        self._is_torn = False
        # Programs and erasures since the beginning, and the programs among them.
        self.operations = self.programs = 0

    def _map(self, path: Path) -> mmap.mmap:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(bytes([ERASED]) * ALL_OF_IT)
        if path.stat().st_size != ALL_OF_IT:
            raise ValueError(f"{path} is no flash image: it should have {ALL_OF_IT} bytes")
        self._file = path.open("r+b")
        return mmap.mmap(self._file.fileno(), ALL_OF_IT)

    @property
    def has_power(self) -> bool:
        """Tell whether what is programmed now will last."""
        return self._afterlife is None

    def fail_at(self, operation: int, *, torn: bool) -> None:
        """Let the power fail at the n-th program or erase from now, n from 1 on."""
        if operation < 1:
            raise ValueError("operations are counted from 1")
        self._operations_left, self._is_torn = operation, torn

    def power_off(self) -> None:
        """Let nothing that is programmed from now on last."""
        if self.has_power:
            self._afterlife = bytearray(self._image)
        self._operations_left = None

    def power_on(self) -> None:
        """Be what the image says."""
        self._afterlife = None

    def close(self) -> None:
        """Let go of the image's file."""
        if self._file is not None:
            self._image.close()
            self._file.close()
            self._file = None

    def read(self, config: object, block: int, offset: int, size: int) -> bytearray:
        """Read, as littlefs asks for it."""
        start = block * BLOCK_BYTES + offset
        source = self._image if self._afterlife is None else self._afterlife
        return bytearray(source[start : start + size])

    def prog(self, config: object, block: int, offset: int, data: bytes) -> int:
        """Program erased bytes, as littlefs asks for it."""
        self.programs += self.has_power
        self._operate(block * BLOCK_BYTES + offset, bytes(data), kept=len(data) // 2)
        return 0

    def erase(self, config: object, block: int) -> int:
        """Erase a block, as littlefs asks for it."""
        self._operate(block * BLOCK_BYTES, bytes([ERASED]) * BLOCK_BYTES, kept=BLOCK_BYTES // 2)
        return 0

    def sync(self, config: object) -> int:
        """Nothing is held back."""
        return 0

    def _operate(self, start: int, data: bytes, *, kept: int) -> None:
        if self._afterlife is None:
            self.operations += 1
            if self._operations_left is not None:
                self._operations_left -= 1
            if self._operations_left == 0:
                torn = data[:kept] if self._is_torn else b""
                self._image[start : start + len(torn)] = torn
                self.power_off()
        target = self._image if self._afterlife is None else self._afterlife
        target[start : start + len(data)] = data
