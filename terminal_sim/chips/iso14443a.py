"""Cards of ISO/IEC 14443-3 type A as the air sees them: states, anticollision, selection, and collisions."""

from __future__ import annotations

from dataclasses import dataclass

from terminal_sim.chips.cards import Card, cascaded_uid

_REQA = 0x26
_WUPA = 0x52
_SHORT_FRAME_BITS = 7
_CASCADE_LEVELS = (0x93, 0x95, 0x97)
_ASKED_FOR_ALL = 0x20
_ASKED_WHOLE = 0x70
_HALT = b"\x50\x00"
_UID_NOT_COMPLETE = 0x04


def crc_a(data: bytes) -> bytes:
    """Return CRC_A (annex B), the low byte first: polynomial 8408, preset 6363."""
    crc = 0x6363
    for value in data:
        crc ^= value
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


@dataclass(frozen=True)
class Heard:
    """What a reader receives: bytes, and the position (1 is the first bit) where answers collide, or None."""

    data: bytes
    collision_at: int | None = None


class CardOnAir:
    """One card in a field, with the states of chapter 6: IDLE, READY, ACTIVE and HALT."""

    def __init__(self, card: Card) -> None:
        self.card = card
        uid = cascaded_uid(card.uid)
        parts = [uid[at : at + 4] for at in range(0, len(uid), 4)]
        self._parts = [part + bytes([part[0] ^ part[1] ^ part[2] ^ part[3]]) for part in parts]
        self.lose_field()

    def lose_field(self) -> None:
        """Forget everything: the card lives on the field."""
        self._is_halted = False
        self._level: int | None = None

    def hear(self, frame: bytes, last_bits: int = 0) -> bytes | None:
        """Return the answer to a frame, or None; `last_bits` of its last byte count, 0 means all."""
        if last_bits == _SHORT_FRAME_BITS and len(frame) == 1:
            return self._called(frame[0])
        if self._level is None or last_bits:
            return self._fall_back()
        if self._level == len(self._parts):
            if frame == _HALT + crc_a(_HALT):
                self._is_halted = True
            return self._fall_back()
        return self._selected(frame)

    def _called(self, command: int) -> bytes | None:
        if self._level is not None:
            return self._fall_back()
        if command == _WUPA or (command == _REQA and not self._is_halted):
            self._level = 0
            # The reader chips tell SENS_RES with the high byte first, on the air the low one is first.
            return bytes(reversed(self.card.sens_res))
        return None

    def _selected(self, frame: bytes) -> bytes | None:
        part = self._parts[self._level]
        if frame == bytes([_CASCADE_LEVELS[self._level], _ASKED_FOR_ALL]):
            return part
        request = bytes([_CASCADE_LEVELS[self._level], _ASKED_WHOLE]) + part
        if frame != request + crc_a(request):
            return self._fall_back()
        self._level += 1
        is_whole = self._level == len(self._parts)
        sak = bytes([self.card.sel_res if is_whole else _UID_NOT_COMPLETE])
        return sak + crc_a(sak)

    def _fall_back(self) -> None:
        """Return to IDLE, or to HALT where the card came from (6.2)."""
        self._level = None


def heard_together(answers: list[bytes]) -> Heard | None:
    """Return what arrives when all of these are sent at once: behind a collision all bits are 0."""
    if not answers:
        return None
    streams = ["".join(f"{value:08b}"[::-1] for value in answer) for answer in answers]
    longest = max(len(stream) for stream in streams)
    for at in range(longest):
        if len({stream[at : at + 1] for stream in streams}) > 1:
            bits = streams[0][:at].ljust(longest, "0")
            data = bytes(int(bits[start : start + 8][::-1], 2) for start in range(0, longest, 8))
            return Heard(data, at + 1)
    return Heard(answers[0])
