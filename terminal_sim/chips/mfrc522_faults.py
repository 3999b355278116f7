"""Trouble that can be armed on an MFRC522, its bus and its air, each kind used up by what it spoils."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from terminal_sim.chips.iso14443a import crc_a

# What the answers of the cascade are known by: their length.
_UID_PART_BYTES = 5
_SAK_BYTES = 3

Spoiler = Callable[[bytes], bytes]


class MFRC522Faults:
    """What goes wrong next. `dead_bus` leaves the line at `floating`; `never_ready` hangs air and timer."""

    def __init__(self) -> None:
        self.floating = 0xFF
        self.clear()

    def clear(self) -> None:
        """Let everything be well again."""
        self.dead_bus = False
        self.never_ready = False
        self._spoilers: deque[tuple[int | None, Spoiler]] = deque()
        self._tag_leaves_after_frames: int | None = None
        self._noise: random.Random | None = None
        self._last_answer = b""
        self._last_bits = 0

    def torn_answer(self, after_bytes: int, *, last_bits: int = 0) -> None:
        """Let the next answer end after so many bytes, of the last of which only so many bits have come."""
        self._spoilers.append((None, lambda answer: self._torn(answer[:after_bytes], last_bits)))

    def wrong_bcc(self) -> None:
        """Spoil the check byte of the next part of a UID."""
        self._spoilers.append((_UID_PART_BYTES, lambda answer: answer[:4] + bytes([answer[4] ^ 0x01])))

    def wrong_crc(self) -> None:
        """Spoil the CRC_A of the next SAK."""
        self._spoilers.append((_SAK_BYTES, lambda answer: answer[:1] + bytes([answer[1] ^ 0x01, answer[2]])))

    def wrong_sak(self, sak: int, *, with_its_crc: bool = False) -> None:
        """Replace the next SAK: by noise, or with a CRC_A that fits, as a card of another standard would."""
        fitting = crc_a(bytes([sak]))
        self._spoilers.append(
            (_SAK_BYTES, lambda answer: bytes([sak]) + (fitting if with_its_crc else answer[1:]))
        )

    def stale_answer(self, *, instead: bool = False) -> None:
        """Leave the answer before the next one in the FIFO: in front of it, or instead of it."""
        self._spoilers.append((None, lambda answer: self._last_answer + (b"" if instead else answer)))

    def tag_leaves(self, after_frames: int) -> None:
        """Take every tag away when so many more frames have been answered."""
        self._tag_leaves_after_frames = after_frames

    def garbage(self, seed: int) -> None:
        """Let the bus carry nothing but noise, in both directions, until it is well."""
        self._noise = random.Random(seed)

    def noise(self, count: int) -> bytes | None:
        """Return what is on the bus instead of so many bytes, or None when it carries what it should."""
        return self._noise.randbytes(count) if self._noise else None

    def takes_tags(self) -> bool:
        """Tell whether the tags are gone before this frame."""
        if self._tag_leaves_after_frames is None:
            return False
        if self._tag_leaves_after_frames == 0:
            self._tag_leaves_after_frames = None
            return True
        self._tag_leaves_after_frames -= 1
        return False

    def spoil(self, answer: bytes) -> bytes:
        """Return the answer as it gets into the FIFO."""
        seen = answer
        if self._spoilers and self._spoilers[0][0] in (None, len(answer)):
            seen = self._spoilers.popleft()[1](answer)
        self._last_answer = answer
        return seen

    def take_last_bits(self) -> int:
        """Return how many bits of the answer's last byte have come, 0 for all."""
        last_bits, self._last_bits = self._last_bits, 0
        return last_bits

    def _torn(self, answer: bytes, last_bits: int) -> bytes:
        self._last_bits = last_bits
        return answer
