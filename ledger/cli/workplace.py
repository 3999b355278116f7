"""The folder that a server's processes share; the next server clears away what a killed one has left."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "tapledger-server-"


class Workplace:
    """A folder of this user's alone, locked by every process that was forked after it was opened.

    The lock goes with the last of them, whatever ends it: what is not locked is of nobody any more.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._number = os.open(path, os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise

    @property
    def short_path(self) -> Path:
        """Return a path to the folder that leaves room for the name of a socket.

        A folder for temporary files may lie deep; on Linux this one has a short name too, in all processes
        that hold it.
        """
        short = Path(f"/proc/self/fd/{self._number}")
        return short if short.exists() else self.path

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Give up this process's part of the lock."""
        os.close(self._number)


@contextmanager
def workplace() -> Iterator[Workplace]:
    """Give a new folder until the end, and clear away those of servers that were killed; raises OSError."""
    _clear_away()
    owner, made = os.getpid(), _made()
    try:
        yield made
    finally:
        # A worker leaves through here too, after the fork: the folder is not its own.
        if os.getpid() == owner:
            made.remove()


def _made() -> Workplace:
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Another server that starts may take it for forgotten, between its making and its lock.
        with suppress(BlockingIOError, FileNotFoundError):
            made = Workplace(path)
            if path.exists():
                return made
            made.close()


def _clear_away() -> None:
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # Somebody else's, a link, in use, or gone meanwhile.
        with suppress(OSError):
            if path.lstat().st_uid == os.getuid():
                Workplace(path).remove()
