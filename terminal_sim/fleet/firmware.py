"""The firmware's own ledger client and journal under this Python: what a light terminal is made of."""

from __future__ import annotations

import errno
import functools
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from terminal_sim.control import Refused

SOURCES = Path(__file__).parents[2] / "firmware"
_MODULES = (
    *("journal.records", "journal.identity", "journal.store", "journal.settlement"),
    *("ledger_client.answers", "ledger_client.backoff", "ledger_client.http", "ledger_client.api"),
    *("system.compat", "system.config", "system.texts_en"),
)


class Firmware:
    """The modules of `_MODULES`, by `firmware["ledger_client.api"]`.

    They are nobody's but this object's: their names (`system`, `journal`) are too general to stay among the
    modules of a Python program. The firmware's lines for the console are dropped.
    """

    def __init__(self) -> None:
        if not (SOURCES / "ledger_client").is_dir():
            raise Refused("the firmware's sources are not beside the simulator: run this from a checkout")
        micropython, log = ModuleType("micropython"), ModuleType("system.log")
        micropython.const = lambda value: value
        log.log = lambda _area, _text: None
        self._own = {"micropython": micropython, "system.log": log}
        with self.in_place():
            self._modules = {name: import_module(name) for name in _MODULES}

    def __getitem__(self, name: str) -> ModuleType:
        """Return one of the modules."""
        return self._modules[name]

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the firmware import, as some of it does only when it runs, and put back what was there."""
        packages = {name.split(".")[0] for name in (*_MODULES, *self._own)}
        others = _take_out(packages)
        sys.modules.update(self._own)
        sys.path.insert(0, str(SOURCES))
        try:
            yield
        finally:
            sys.path.remove(str(SOURCES))
            self._own = _take_out(packages)
            sys.modules.update(others)

    def journal(self, entropy: Callable[[int], bytes]) -> Any:
        """Return a journal on a flash that is new."""
        with self.in_place():
            return self["journal.store"].Journal(MemoryFiles(), entropy)


@functools.cache
def firmware() -> Firmware:
    """Return the firmware, loaded once; Refused where its sources are missing."""
    return Firmware()


def _take_out(packages: set[str]) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.split(".")[0] in packages]
    return {name: sys.modules.pop(name) for name in names}


class MemoryFiles:
    """Stands where the firmware's `system.files.Files` does; a light terminal has no flash to lose."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def open(self, name: str, mode: str) -> io.BytesIO:
        """Open a file in binary mode ("rb", "wb" or "ab"); OSError when there is none to read."""
        if mode == "rb":
            if name not in self._contents:
                raise OSError(errno.ENOENT, name)
            return io.BytesIO(self._contents[name])
        return _Written(self._contents, name, self._contents.get(name, b"") if mode == "ab" else b"")

    def replace(self, source: str, target: str) -> None:
        """Put the source in the place of the target."""
        self._contents[target] = self._contents.pop(source)

    def read_small(self, name: str, limit: int) -> bytes:
        """Return the first bytes of a file, or b"" when there is none."""
        return self._contents.get(name, b"")[:limit]

    def write_whole(self, name: str, data: bytes) -> None:
        """Write a file."""
        self._contents[name] = bytes(data)


class _Written(io.BytesIO):
    """A file that is being written; what was flushed is in the folder."""

    def __init__(self, contents: dict[str, bytes], name: str, data: bytes) -> None:
        super().__init__()
        self._contents, self._name = contents, name
        self.write(data)
        self.flush()

    def flush(self) -> None:
        """Keep what was written so far."""
        self._contents[self._name] = self.getvalue()

    def close(self) -> None:
        """Flush and close."""
        if not self.closed:
            self.flush()
        super().close()
