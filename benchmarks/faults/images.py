"""What a power cut may leave of files: all that was synced, and any part of what came later, torn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks.faults.traces import Answer, Event, Sync, Truncate, Unlink, Write

# A disk writes a sector whole or not at all, and in any order.
SECTOR_BYTES = 512
# How much of what was not synced had reached the disk: from nothing to all.
SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)
# Shared memory of processes that are gone; SQLite makes it anew.
_NOT_DURABLE = "-shm"


class Disk:
    """The files of a folder as a disk has them, event by event; `image` is what a cut leaves."""

    def __init__(self, folder: Path, events: Sequence[Event]) -> None:
        self._folder = str(folder)
        self._events = events
        self._at = 0
        # A name removed and made again is another file: what one was synced for says nothing of the other.
        kept = (path for path in folder.iterdir() if _is_kept(str(path)))
        self._files = {str(path): _File(path.read_bytes()) for path in kept}
        self._names = dict(self._files)
        # What names have come to mean since their folder was synced, oldest first.
        self._renamed: list[tuple[int, str, _File | None]] = []

    def go_to(self, position: int) -> None:
        """Let everything up to an event happen."""
        for number in range(self._at, position):
            event = self._events[number]
            if not isinstance(event, Answer) and _is_kept(event.path):
                self._happen(number, event)
        self._at = position

    def image(self, target: Path, random: Random) -> None:
        """Write into a folder what may be left if the power is cut now."""
        share = random.choice(SHARES)
        names = dict(self._names)
        for _, path, file in self._renamed[: round(share * len(self._renamed))]:
            names[path] = file
        for path, file in names.items():
            if file is not None:
                Path(target, Path(path).name).write_bytes(file.torn(share, random))

    def _happen(self, number: int, event: Write | Truncate | Unlink | Sync) -> None:
        if isinstance(event, Sync):
            self._sync(event)
        elif isinstance(event, Unlink):
            self._files.pop(event.path, None)
            self._renamed.append((number, event.path, None))
        else:
            if event.path not in self._files:
                self._files[event.path] = _File(b"")
                self._renamed.append((number, event.path, self._files[event.path]))
            self._files[event.path].pending.append((number, event))

    def _sync(self, sync: Sync) -> None:
        if sync.path != self._folder:
            if sync.path in self._files:
                self._files[sync.path].sync(sync.begun)
            return
        self._names |= {path: file for number, path, file in self._renamed if number < sync.begun}
        self._renamed = [change for change in self._renamed if change[0] >= sync.begun]


class _File:
    def __init__(self, content: bytes) -> None:
        self._content = bytearray(content)
        self.pending: list[tuple[int, Write | Truncate]] = []

    def sync(self, begun: int) -> None:
        """Keep for good what was written before a sync began."""
        for number, event in self.pending:
            if number < begun:
                _apply(self._content, event)
        self.pending = [item for item in self.pending if item[0] >= begun]

    def torn(self, share: float, random: Random) -> bytes:
        """Return what is kept, and about this share of all that is not."""
        content = bytearray(self._content)
        for _, event in self.pending:
            _apply_torn(content, event, share, random)
        return bytes(content)


def _is_kept(path: str) -> bool:
    return not path.endswith(_NOT_DURABLE)


def _apply(content: bytearray, event: Write | Truncate) -> None:
    if isinstance(event, Truncate):
        del content[event.length :]
        content.extend(bytes(event.length - len(content)))
        return
    content.extend(bytes(max(0, event.offset - len(content))))
    content[event.offset : event.offset + len(event.data)] = event.data


def _apply_torn(content: bytearray, event: Write | Truncate, share: float, random: Random) -> None:
    if isinstance(event, Truncate):
        if random.random() < share:
            _apply(content, event)
        return
    start = event.offset
    end = start + len(event.data)
    while start < end:
        border = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        if random.random() < share:
            piece = event.data[start - event.offset : border - event.offset]
            _apply(content, Write(event.path, start, piece))
        start = border
