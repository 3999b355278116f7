"""The frames of the PN532 (UM0701-02, 6.2.1): built, and read as the chip reads them."""

from __future__ import annotations

from dataclasses import dataclass

HOST_TO_CHIP = 0xD4
CHIP_TO_HOST = 0xD5

ACK_FRAME = bytes.fromhex("0000FF00FF00")
NACK_FRAME = bytes.fromhex("0000FFFF0000")
# 6.2.1.5: the application-level error has no command code behind its TFI.
ERROR_FRAME = bytes.fromhex("0000FF01FF7F8100")

_START_CODE = b"\x00\xff"
_LONGEST_NORMAL_LENGTH = 255
_LONGEST_EXTENDED_LENGTH = 265


@dataclass(frozen=True)
class Command:
    """An information frame from the host: command code and its parameters."""

    code: int
    parameters: bytes


@dataclass(frozen=True)
class Acknowledge:
    """The host's ACK: it ends whatever the chip is doing (6.2.2.1)."""


@dataclass(frozen=True)
class NotAcknowledge:
    """The host's NACK: it asks for the last frame again (6.2.1.4)."""


HostFrame = Command | Acknowledge | NotAcknowledge


def checksum(data: bytes) -> int:
    """Return the byte that makes the sum of `data` and itself 0 modulo 256."""
    return -sum(data) & 0xFF


def information_frame(payload: bytes) -> bytes:
    """Wrap `payload` (TFI and data) in the frame it needs: normal up to 255 bytes, else extended.

    Refuses an empty payload and more than the 265 bytes that the chip can hold, with ValueError.
    """
    if not 1 <= len(payload) <= _LONGEST_EXTENDED_LENGTH:
        raise ValueError(f"a frame carries 1 to {_LONGEST_EXTENDED_LENGTH} bytes, not {len(payload)}")
    if len(payload) <= _LONGEST_NORMAL_LENGTH:
        length = bytes([len(payload)])
        marker = b""
    else:
        length = len(payload).to_bytes(2, "big")
        marker = b"\xff\xff"
    header = b"\x00" + _START_CODE + marker + length + bytes([checksum(length)])
    return header + payload + bytes([checksum(payload)]) + b"\x00"


def reply_frame(command_code: int, data: bytes = b"") -> bytes:
    """Return the frame that answers `command_code`: D5, code + 1, data."""
    return information_frame(bytes([CHIP_TO_HOST, command_code + 1]) + data)


def read_host_frame(written: bytes) -> HostFrame | None:
    """Return what the host said in one write transfer, or None for anything that is no valid frame.

    The chip does not complain about a frame with a wrong checksum or a missing byte: it stays silent
    and sends no ACK, and the host's time-out finds out (6.2.2.1).
    """
    start = written.find(_START_CODE)
    if start < 0:
        return None
    rest = written[start + len(_START_CODE) :]
    if rest[:2] == b"\x00\xff":
        return Acknowledge()
    if rest[:2] == b"\xff\x00":
        return NotAcknowledge()
    return _read_command(_payload(rest))


def _payload(rest: bytes) -> bytes | None:
    """Return TFI and data behind a checked length, checked by DCS, or None."""
    header = rest[2:5] if rest[:2] == b"\xff\xff" else rest[:2]
    offset = 5 if rest[:2] == b"\xff\xff" else 2
    if len(rest) < offset or sum(header) & 0xFF:
        return None
    length = int.from_bytes(header[:-1], "big")
    body = rest[offset : offset + length + 1]
    if len(body) < length + 1 or sum(body) & 0xFF:
        return None
    return body[:-1]


def _read_command(payload: bytes | None) -> Command | None:
    if payload is None or len(payload) < 2 or payload[0] != HOST_TO_CHIP:
        return None
    return Command(payload[1], payload[2:])
