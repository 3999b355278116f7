"""What processes did to the files of a folder, and what they answered, from a trace of their system calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# The calls that matter: what changes a file, what makes it durable, what answers a client.
CALLS = "pwrite64,pwritev,write,ftruncate,unlink,rename,fsync,fdatasync,sendto,sendmsg"
_CALL = re.compile(
    r"(?P<pid>\d+) +(?P<call>\w+)\("
    # A connection's name has a > of its own.
    r"(?:\d+<(?P<path>TCP:\[[^\]]*\]|[^>]*)>)?"
    r'(?:(?:, )?"(?P<data>[^"]*)")?(?P<rest>.*)'
)
_RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>.*= (?P<result>-?\d+)")
_RESULT = re.compile(r"= (-?\d+)[^=]*$")
_TRACER = re.compile(r"TracerPid:\s*(\d+)")
_NUMBERS = re.compile(r", (\d+)")
_ANSWER = re.compile(rb'"id": ?"(?P<wallet>wal_\w+)".*"balance": ?(?P<balance>-?\d+)', re.DOTALL)
# What is written into a file that has lost its name is lost with it.
_GONE = " (deleted)"
_UNFINISHED = "<unfinished ...>"


@dataclass(frozen=True)
class Write:
    """Bytes that were written into a file; they may be lost until a Sync that began later has ended."""

    path: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    """A file that was cut to a length."""

    path: str
    length: int


@dataclass(frozen=True)
class Unlink:
    """A file that was removed from its folder."""

    path: str


@dataclass(frozen=True)
class Sync:
    """A file or folder that is durable from here on, as it was when `begun` events had happened."""

    path: str
    begun: int


@dataclass(frozen=True)
class Answer:
    """A wallet's balance on its way to a client."""

    wallet: str
    balance_cents: int


Event = Write | Truncate | Unlink | Sync | Answer


def command(trace: Path) -> tuple[str, ...]:
    """Return the command line under which a server is traced into this file.

    The server is the process that was started, and its tracer stands aside: a signal reaches the server.
    """
    options = ("-D", "-f", "-qq", "--seccomp-bpf", "-yy", "-xx", "-s", "1000000", "-e", "signal=none")
    return ("strace", *options, "-e", f"trace={CALLS}", "-o", str(trace))


def tracer_of(pid: int) -> int:
    """Return the process that traces this one; when it has ended, its trace is whole."""
    return int(_TRACER.search(Path(f"/proc/{pid}/status").read_text())[1])


def read_trace(lines: Iterable[str], folder: Path) -> list[Event]:
    """Read what happened to the files of this folder, in order, and the answers in between."""
    reader = _Reader(str(folder))
    for line in lines:
        reader.read(line)
    return reader.events


class _Reader:
    def __init__(self, folder: str) -> None:
        self.events: list[Event] = []
        self._folder = folder
        # Of a sync that another process's call came into: which file, and since when.
        self._syncing: dict[str, tuple[str, int]] = {}

    def read(self, line: str) -> None:
        if resumed := _RESUMED.match(line):
            path, begun = self._syncing.pop(resumed["pid"], (None, 0))
            if path and resumed["result"] == "0":
                self.events.append(Sync(path, begun))
            return
        called = _CALL.match(line)
        if called is None:
            return
        is_unfinished = line.rstrip().endswith(_UNFINISHED)
        result = _RESULT.search(called["rest"])
        if not is_unfinished and (result is None or int(result[1]) < 0):
            return
        self.events += self._events(called, is_unfinished)

    def _events(self, called: re.Match, is_unfinished: bool) -> Iterator[Event]:
        path = _bytes(called["path"] or "").decode(errors="replace")
        if path.startswith("TCP:"):
            yield from _answers(called)
        elif called["call"] == "unlink":
            gone = _bytes(called["data"]).decode()
            if gone.startswith(self._folder):
                yield Unlink(gone)
        elif not path.startswith(self._folder) or path.endswith(_GONE):
            return
        elif called["call"] in ("fsync", "fdatasync"):
            if is_unfinished:
                self._syncing[called["pid"]] = (path, len(self.events))
            else:
                yield Sync(path, len(self.events))
        else:
            yield _change(called, path)


def _answers(called: re.Match) -> Iterator[Answer]:
    if said := _ANSWER.search(_bytes(called["data"] or "")):
        yield Answer(said["wallet"].decode(), int(said["balance"]))


def _change(called: re.Match, path: str) -> Event:
    numbers = [int(number) for number in _NUMBERS.findall(called["rest"])]
    if called["call"] == "ftruncate":
        return Truncate(path, numbers[0])
    if called["call"] != "pwrite64":
        raise ValueError(f"{called['call']} on {path}: this harness knows no such way to change a file")
    return Write(path, numbers[1], _bytes(called["data"]))


def _bytes(shown: str) -> bytes:
    # With -xx every byte of a string is shown as \xNN; a name that strace makes up itself is shown as it is.
    return bytes.fromhex(shown.replace("\\x", "")) if shown.startswith("\\x") else shown.encode()
