"""What arrives at a printer, cut into commands: ESC/POS, apart from what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

NUL, DLE, ESC, FS, GS = 0x00, 0x10, 0x1B, 0x1C, 0x1D
# A picture as high as a page of A4 at this width has 200 kB; more than this nobody means to print.
LONGEST_COMMAND = 4_000_000


@dataclass(frozen=True)
class Command:
    """One command: `name` as bytes, such as ESC a; empty for letters. `data` is what follows the name."""

    name: bytes
    data: bytes = b""


class CommandStream:
    """Takes bytes as they come and gives whole commands; what is begun waits for its rest."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    @property
    def waiting(self) -> int:
        """How many bytes belong to a command that is not whole yet."""
        return len(self._bytes)

    def feed(self, data: bytes) -> Iterator[Command]:
        """Yield each command that is whole with these bytes."""
        self._bytes += data
        while self._bytes:
            length = _letters(self._bytes)
            if length:
                yield Command(b"", self._take(length))
                continue
            name = _name_of(self._bytes)
            length = None if name is None else _length(self._bytes, name)
            if length is None and len(self._bytes) <= LONGEST_COMMAND:
                return
            whole = self._take(length or len(self._bytes))
            yield Command(name or b"", whole[len(name or b"") :])

    def _take(self, length: int) -> bytes:
        taken = bytes(self._bytes[:length])
        del self._bytes[:length]
        return taken


def _letters(buffer: bytearray) -> int:
    """Return how many bytes from the start are letters to print."""
    for position, byte in enumerate(buffer):
        if byte < 0x20:
            return position
    return len(buffer)


def _name_of(buffer: bytearray) -> bytes | None:
    """Return the command's name: one byte, two behind ESC, FS, GS and DLE, three with ( or 8."""
    if buffer[0] not in (DLE, ESC, FS, GS):
        return bytes(buffer[:1])
    length = 3 if buffer[1:2] == b"(" or bytes(buffer[:2]) in (b"\x1d8", b"\x1bc", b"\x1dv") else 2
    return bytes(buffer[:length]) if len(buffer) >= length else None


def _length(buffer: bytearray, name: bytes) -> int | None:
    """Return the length of the command with its name; None until enough of it is there to tell."""
    if name[1:2] == b"(":
        return _counted(buffer, 3, 2)
    if name == b"\x1d8L":
        return _counted(buffer, 3, 4)
    if name in _BY_CONTENT:
        return _whole(buffer, _BY_CONTENT[name](buffer))
    return _whole(buffer, len(name) + _ARGUMENTS.get(name, 0))


def _whole(buffer: bytearray, length: int | None) -> int | None:
    return length if length is not None and len(buffer) >= length else None


def _counted(buffer: bytearray, head: int, width: int) -> int | None:
    """Tell the length of a command that says, low byte first, how much follows."""
    if len(buffer) < head + width:
        return None
    return _whole(buffer, head + width + int.from_bytes(buffer[head : head + width], "little"))


def _column_picture(buffer: bytearray) -> int | None:
    """ESC * m nL nH: 8 dots a column, or 24."""
    if len(buffer) < 5:
        return None
    return 5 + int.from_bytes(buffer[3:5], "little") * (3 if buffer[2] in (32, 33) else 1)


def _raster_picture(buffer: bytearray) -> int | None:
    """GS v 0 m xL xH yL yH: x bytes a row, y rows."""
    if len(buffer) < 8:
        return None
    return 8 + int.from_bytes(buffer[4:6], "little") * int.from_bytes(buffer[6:8], "little")


def _barcode(buffer: bytearray) -> int | None:
    """GS k m: up to NUL for m under 65; else the number of characters stands before them."""
    if len(buffer) < 4:
        return None
    if buffer[2] >= 65:
        return 4 + buffer[3]
    end = buffer.find(NUL, 3)
    return None if end < 0 else end + 1


def _cut(buffer: bytearray) -> int | None:
    """GS V m, and n with the cuts that feed first."""
    if len(buffer) < 3:
        return None
    return 3 if buffer[2] in (0, 1, 48, 49) else 4


def _tab_stops(buffer: bytearray) -> int | None:
    """ESC D: up to 32 columns, then NUL."""
    end = buffer.find(NUL, 2)
    if end < 0 and len(buffer) < 2 + 33:
        return None
    return 2 + 32 if end < 0 or end > 2 + 32 else end + 1


def _pulse_or_status(buffer: bytearray) -> int | None:
    """DLE EOT n, DLE ENQ n, DLE DC4 fn m t."""
    return 5 if buffer[1] == 0x14 else 3


_BY_CONTENT: dict[bytes, Callable[[bytearray], int | None]] = {
    b"\x1b*": _column_picture,
    b"\x1dv0": _raster_picture,
    b"\x1dk": _barcode,
    b"\x1dV": _cut,
    b"\x1bD": _tab_stops,
    b"\x10\x04": _pulse_or_status,
    b"\x10\x05": _pulse_or_status,
    b"\x10\x14": _pulse_or_status,
}
# How many bytes follow a name, where that is fixed and not none.
_ARGUMENTS = {
    **{b"\x1b" + bytes([letter]): 1 for letter in b" !%+-3=?AEGJKMRSTUVZadefijrtuvw{"},
    **{b"\x1b" + bytes([letter]): 2 for letter in b"$BQ\\^"},
    b"\x1bp": 3,
    b"\x1bW": 8,
    **{b"\x1bc" + bytes([digit]): 1 for digit in b"013456"},
    **{b"\x1d" + bytes([letter]): 1 for letter in b"!/BHITabefhrwx|"},
    **{b"\x1d" + bytes([letter]): 2 for letter in b"$LPWY\\^"},
    **{b"\x1c" + bytes([letter]): 1 for letter in b"!-CW"},
    b"\x1cS": 2,
    b"\x1cp": 2,
}  # fmt: skip


@dataclass(frozen=True)
class RealTime:
    """A command that counts as soon as it arrives: DLE EOT n, DLE DC4 1 m t."""

    name: bytes
    data: bytes


class RealTimeCommands:
    """Finds real-time commands in all that arrives, in the middle of a picture, too, as printers do."""

    _LENGTHS = {b"\x10\x04": 3, b"\x10\x14\x01": 5}

    def __init__(self) -> None:
        self._begun = b""

    def feed(self, data: bytes) -> Iterator[RealTime]:
        """Yield each command that is whole with these bytes."""
        for byte in data:
            self._begun += bytes([byte])
            if not any(name.startswith(self._begun[: len(name)]) for name in self._LENGTHS):
                self._begun = b"\x10" if byte == DLE else b""
            for name, length in self._LENGTHS.items():
                if self._begun.startswith(name) and len(self._begun) == length:
                    yield RealTime(name, self._begun[len(name) :])
                    self._begun = b""
