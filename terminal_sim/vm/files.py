"""The files on the flash: littlefs, mounted, and the calls by which the device reaches it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from littlefs import lfs
from littlefs.errors import LittleFSError

from terminal_sim.vm.flash import BLOCK_BYTES, BLOCK_COUNT, FlashChip

# The values with which MicroPython's esp32 port configures littlefs.
GEOMETRY: dict[str, int] = {
    "block_size": BLOCK_BYTES,
    "block_count": BLOCK_COUNT,
    "read_size": 32,
    "prog_size": 32,
    "cache_size": 128,
    "lookahead_size": 32,
    "block_cycles": 100,
}
BAD_FILE = -9
INVALID = -22
FOLDER = 2


class Files:
    """A mounted filesystem. CALLS are the device's; they return a negative error number."""

    CALLS = (
        "file_open",
        "file_read",
        "file_write",
        "file_seek",
        "file_flush",
        "file_close",
        "path_stat",
        "path_list",
        "path_remove",
        "path_rename",
        "path_mkdir",
        "space",
    )

    def __init__(self, chip: FlashChip) -> None:
        self._chip = chip
        self._config = lfs.LFSConfig(context=chip, **GEOMETRY)
        self._system = lfs.LFSFilesystem()
        self._open: dict[int, Any] = {}
        self._numbers = itertools.count(1)
        try:
            lfs.mount(self._system, self._config)
        except LittleFSError:
            # Only a blank chip comes here: littlefs keeps its superblock through any power cut.
            lfs.format(self._system, self._config)
            lfs.mount(self._system, self._config)

    def abandon(self) -> None:
        """Let go of a filesystem whose device has lost power; nothing reaches the chip any more."""
        self._chip.power_off()
        # A file must not outlive its filesystem, or the library crashes.
        for handle in self._open.values():
            self._tried(lfs.file_close, handle)
        self._open.clear()
        lfs.unmount(self._system)

    def answer(self, question: str, arguments: Sequence[Any]) -> Any:
        """Answer one of the device's CALLS."""
        try:
            return getattr(self, question)(*arguments)
        except LittleFSError as error:
            return error.code

    def file_open(self, path: str, mode: str) -> int:
        """Open a file and return its number."""
        flag = lfs.LFSFileFlag
        kinds = {
            "r": flag.rdonly,
            "w": flag.wronly | flag.creat | flag.trunc,
            "a": flag.wronly | flag.creat | flag.append,
            "x": flag.wronly | flag.creat | flag.excl,
        }
        flags = kinds.get(mode.replace("b", "").replace("t", "").replace("+", ""))
        if flags is None:
            return INVALID
        if "+" in mode:
            flags = (flags & ~flag.wronly & ~flag.rdonly) | flag.rdwr
        number = next(self._numbers)
        self._open[number] = lfs.file_open(self._system, path, flags)
        return number

    def file_read(self, number: int, count: int) -> str | int:
        """Read bytes as hexadecimal text."""
        return self._file(number, lambda handle: lfs.file_read(self._system, handle, count).hex())

    def file_write(self, number: int, data: str) -> int:
        """Write bytes given as hexadecimal text; littlefs may hold them back until a flush."""
        return self._file(number, lambda handle: lfs.file_write(self._system, handle, bytes.fromhex(data)))

    def file_seek(self, number: int, offset: int, whence: int) -> int:
        """Move, and return the offset from the start."""
        return self._file(number, lambda handle: lfs.file_seek(self._system, handle, offset, whence))

    def file_flush(self, number: int) -> int:
        """Make what was written last."""
        return self._file(number, lambda handle: lfs.file_sync(self._system, handle) or 0)

    def file_close(self, number: int) -> int:
        """Flush and close."""
        handle = self._open.pop(number, None)
        return BAD_FILE if handle is None else lfs.file_close(self._system, handle) or 0

    def path_stat(self, path: str) -> str:
        """Return kind and size."""
        return self._described(lfs.stat(self._system, path))

    def path_list(self, path: str) -> str:
        """Return a line for each entry: kind, size and name."""
        return "\n".join(f"{self._described(entry)},{entry.name}" for entry in self._entries(path))

    def path_remove(self, path: str) -> int:
        """Remove a file or an empty folder."""
        return lfs.remove(self._system, path) or 0

    def path_rename(self, old: str, new: str) -> int:
        """Rename atomically, replacing an existing file."""
        return lfs.rename(self._system, old, new) or 0

    def path_mkdir(self, path: str) -> int:
        """Make a folder."""
        return lfs.mkdir(self._system, path) or 0

    def space(self) -> str:
        """Return the size of a block, the number of blocks, and how many are free."""
        return f"{BLOCK_BYTES},{BLOCK_COUNT},{BLOCK_COUNT - lfs.fs_size(self._system)}"

    def read(self, path: str) -> bytes:
        """Return what a file holds on the flash; FileNotFoundError when there is none."""
        try:
            handle = lfs.file_open(self._system, path, lfs.LFSFileFlag.rdonly)
        except LittleFSError as error:
            raise FileNotFoundError(path) from error
        try:
            return lfs.file_read(self._system, handle, lfs.file_size(self._system, handle))
        finally:
            lfs.file_close(self._system, handle)

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file and the folders above it, from outside the device."""
        for folder in reversed(Path(path).parents[:-1]):
            self._tried(lfs.mkdir, str(folder))
        if self._tried(lfs.stat, path) is not None and self.read(path) == data:
            return
        flag = lfs.LFSFileFlag
        handle = lfs.file_open(self._system, path, flag.wronly | flag.creat | flag.trunc)
        lfs.file_write(self._system, handle, data)
        lfs.file_close(self._system, handle)

    def names(self, path: str = "/") -> list[str]:
        """Return the names in a folder, sorted."""
        return sorted(entry.name for entry in self._entries(path))

    def _entries(self, path: str) -> list[Any]:
        folder = lfs.dir_open(self._system, path)
        try:
            entries = iter(lambda: lfs.dir_read(self._system, folder), None)
            return [entry for entry in entries if entry.name not in (".", "..")]
        finally:
            lfs.dir_close(self._system, folder)

    def _described(self, entry: Any) -> str:
        return f"{'d' if entry.type == FOLDER else 'f'},{entry.size}"

    def _file(self, number: int, action: Any) -> Any:
        handle = self._open.get(number)
        return BAD_FILE if handle is None else action(handle)

    def _tried(self, action: Any, argument: Any) -> Any:
        try:
            return action(self._system, argument)
        except LittleFSError:
            return None
