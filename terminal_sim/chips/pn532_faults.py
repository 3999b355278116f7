"""Trouble that can be armed on a PN532 and its bus, each kind used up by what it spoils."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from terminal_sim.chips.bus import Nack
from terminal_sim.chips.pn532_frames import ACK_FRAME, checksum

# Where LCS and TFI stand in a normal frame behind preamble, start code and LEN (UM0701-02, 6.2.1.1).
_LCS_AT = 4
_TFI_AT = 5

Spoiler = Callable[[bytes], bytes]


class StretchedTooLong(Nack):
    """The chip held the clock low for longer than the master waits: the transfer failed."""


class ReaderFaults:
    """What goes wrong next. Frame faults hit replies, and the chip's ACK only when `acks` is true."""

    def __init__(self) -> None:
        self.dead_bus = False
        self.never_ready = False
        self.clear()

    def clear(self) -> None:
        """Let everything be well again; what was spoilt already stays spoilt."""
        self.dead_bus = False
        self.never_ready = False
        self._nacks = 0
        self._reply_spoilers: deque[Spoiler] = deque()
        self._ack_spoilers: deque[Spoiler] = deque()
        self._stretches_us: deque[int] = deque()
        self._delays_us: deque[int] = deque()
        self._tag_leaves_after_us: int | None = None
        self._stale_frame: bytes | None = None
        self._stale_armed = False
        self._stale_behind_ack = False
        self._noise: random.Random | None = None

    def torn_frame(self, after_bytes: int, *, frames: int = 1, acks: bool = False) -> None:
        """Cut frames after so many bytes; a bus that is clocked reads FF from there on."""
        self._spoil(lambda frame: frame[:after_bytes], frames, acks)

    def wrong_lcs(self, frames: int = 1) -> None:
        """Send a wrong length checksum."""
        self._spoil(lambda frame: _changed(frame, _LCS_AT, frame[_LCS_AT] ^ 0x01), frames)

    def wrong_dcs(self, frames: int = 1) -> None:
        """Send a wrong data checksum."""
        self._spoil(lambda frame: _changed(frame, len(frame) - 2, frame[-2] ^ 0x01), frames)

    def wrong_tfi(self, frames: int = 1, *, tfi: int = 0xD4) -> None:
        """Send another frame identifier, with the data checksum that fits it."""
        self._spoil(lambda frame: _with_tfi(frame, tfi), frames)

    def stale_reply(self, frame: bytes | None = None, *, behind_ack: bool = False) -> None:
        """Put an old reply, the last one sent unless given, before the next command's ACK or behind it."""
        self._stale_armed = True
        self._stale_frame = frame
        self._stale_behind_ack = behind_ack

    def nack(self, transfers: int = 1) -> None:
        """Do not acknowledge the address in the next transfers."""
        self._nacks = transfers

    def tag_leaves(self, after_us: int) -> None:
        """Take every tag away so long after the next listing has begun."""
        self._tag_leaves_after_us = after_us

    def stretch_clock(self, stretch_us: int, *, transfers: int = 1) -> None:
        """Hold the clock low for that long in the next transfers."""
        self._stretches_us.extend([stretch_us] * transfers)

    def busy_longer(self, delay_us: int, *, commands: int = 1) -> None:
        """Take so much longer to answer the next commands; the ACK comes in time."""
        self._delays_us.extend([delay_us] * commands)

    def garbage(self, seed: int) -> None:
        """Let the bus carry nothing but noise, in both directions, until it is well."""
        self._noise = random.Random(seed)

    def noise(self, count: int) -> bytes | None:
        """Return what is on the bus instead of so many bytes, or None when it carries what it should."""
        return self._noise.randbytes(count) if self._noise else None

    def refuses_transfer(self) -> bool:
        """Tell whether the address stays without an answer now; uses up one armed NACK."""
        if self.dead_bus:
            return True
        if self._nacks:
            self._nacks -= 1
            return True
        return False

    def take_stretch_us(self) -> int:
        """Return how long this transfer's clock is held low."""
        return self._stretches_us.popleft() if self._stretches_us else 0

    def take_delay_us(self) -> int:
        """Return how much longer this command takes."""
        return self._delays_us.popleft() if self._delays_us else 0

    def take_tag_leaves_us(self) -> int | None:
        """Return after what time this listing loses its tags, or None."""
        after_us, self._tag_leaves_after_us = self._tag_leaves_after_us, None
        return after_us

    def with_stale(self, ack: bytes, last_reply: bytes | None) -> list[bytes]:
        """Return what leads the answer to this command: its ACK, and the old reply that was armed."""
        stale = self._stale_frame or last_reply
        if not self._stale_armed or stale is None:
            self._stale_armed = False
            return [ack]
        self._stale_armed = False
        return [ack, stale] if self._stale_behind_ack else [stale, ack]

    def spoil(self, frame: bytes) -> bytes:
        """Return the frame as it goes over the bus."""
        spoilers = self._ack_spoilers if frame == ACK_FRAME else self._reply_spoilers
        return spoilers.popleft()(frame) if spoilers else frame

    def _spoil(self, spoiler: Spoiler, frames: int, acks: bool = False) -> None:
        spoilers = self._ack_spoilers if acks else self._reply_spoilers
        spoilers.extend([spoiler] * frames)


def _changed(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + bytes([value]) + frame[at + 1 :]


def _with_tfi(frame: bytes, tfi: int) -> bytes:
    payload = bytes([tfi]) + frame[_TFI_AT + 1 : -2]
    return frame[:_TFI_AT] + payload + bytes([checksum(payload)]) + frame[-1:]
