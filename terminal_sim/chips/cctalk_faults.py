"""What goes wrong on a ccTalk line and in its acceptor: each is something that happens, on the wire."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from terminal_sim.chips.bus import Timeline
from terminal_sim.chips.cctalk_frames import HOST, Message, encode

_GARBAGE_EVERY_US = 3_000


@dataclass
class CcTalkFaults:
    """Counts are used up by the next messages; what is no count lasts until it is changed.

    `collisions` spoil what the host sends, `lost_bytes` and `wrong_checksums` what the acceptor answers;
    `foreign_answers` come from address 3 in its stead. `late_us` delays each answer, `is_stuck` holds the
    line low, `is_mute` lets the acceptor live and say nothing, `keeps_quiet_about` swallows the answers to
    these headers, which were obeyed.
    """

    collisions: int = 0
    lost_bytes: int = 0
    wrong_checksums: int = 0
    foreign_answers: int = 0
    late_us: int = 0
    is_stuck: bool = False
    is_mute: bool = False
    keeps_quiet_about: set[int] = field(default_factory=set)

    def on_the_way_out(self, data: bytes) -> bytes:
        """Return what is on the line when the host sends these bytes."""
        if self.is_stuck:
            return bytes(len(data))
        if self.collisions:
            self.collisions -= 1
            # Two open collectors: what either of them pulls low is low.
            return data[:2] + bytes([data[2] & 0x50]) + data[3:]
        return data

    def on_the_way_back(self, data: bytes, *, uses_crc: bool) -> bytes:
        """Return what is on the line when the acceptor answers with these bytes."""
        if self.foreign_answers:
            self.foreign_answers -= 1
            data = encode(Message(HOST, 3, 0, data[4:-1]), uses_crc=uses_crc)
        if self.wrong_checksums:
            self.wrong_checksums -= 1
            data = data[:-1] + bytes([data[-1] ^ 0x04])
        if self.lost_bytes:
            self.lost_bytes -= 1
            data = data[: len(data) // 2] + data[len(data) // 2 + 1 :]
        return b"" if self.is_stuck or self.is_mute else data


def make_noise(send: Callable[[bytes], None], timeline: Timeline, duration_us: int, seed: int) -> None:
    """Put random bytes on the line for a while, as a motor does whose cable lies beside it."""
    dice = random.Random(seed)  # noqa: S311 - noise, no secret
    end_us = timeline.now_us() + duration_us

    def burst() -> None:
        if timeline.now_us() < end_us:
            send(dice.randbytes(dice.randint(1, 4)))
            timeline.at(timeline.now_us() + dice.randint(1, 2 * _GARBAGE_EVERY_US), burst)

    burst()
