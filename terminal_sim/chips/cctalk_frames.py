"""ccTalk messages as the peripheral sees them: framing, the simple checksum and the CRC-16 variant."""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass

HOST = 1
ACK, NAK = 0, 5


@dataclass(frozen=True)
class Message:
    """One message; with the CRC-16 variant nobody says who sent it, and `source` is 0."""

    destination: int
    source: int
    header: int
    data: bytes = b""


def encode(message: Message, *, uses_crc: bool) -> bytes:
    """Return the bytes on the line (ccTalk generic specification, part 1, 5 and 9)."""
    head = bytes([message.destination, len(message.data)])
    tail = bytes([message.header]) + message.data
    if uses_crc:
        # CRC-CCITT from 0: its low byte stands where the source would, its high byte at the end.
        crc = crc_hqx(head + tail, 0)
        return head + bytes([crc & 0xFF]) + tail + bytes([crc >> 8])
    body = head + bytes([message.source]) + tail
    return body + bytes([-sum(body) & 0xFF])


def decode(data: bytes, *, uses_crc: bool) -> Message | None:
    """Return the message that these bytes are, or None when they are none."""
    if len(data) < 5 or len(data) != 5 + data[1]:
        return None
    source = 0 if uses_crc else data[2]
    message = Message(data[0], source, data[3], data[4:-1])
    return message if encode(message, uses_crc=uses_crc) == data else None
