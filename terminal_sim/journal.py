"""The device's journal as it stands on the flash, read from outside: what is not settled, what is noted."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from terminal_sim.vm.files import Files

JOURNAL, SETTLED = "/state/journal", "/state/settled"
# The latest lines; the last line of its kind in the long file says which of them is in use.
SHORT_JOURNALS = ("/state/journal.0", "/state/journal.1")
_INTENT, _SHORT_FILE = "intent", "short_file"
_OPEN_STATES = ("intent", "approved", "failed", "owed", "due")
# No states of a record.
_OTHER_LINES = ("coin_mark", "dropped", _SHORT_FILE)


@dataclass(frozen=True)
class JournalRecord:
    """A movement of money that the device has begun; `cents` is None while nobody knows it.

    `note` is what people are to know of it.
    """

    number: int
    key: str
    kind: str
    token: str
    cents: int | None
    state: str
    note: str | None = None


def open_records(files: Files) -> list[JournalRecord]:
    """Return what is open in the journal on a flash, oldest first."""
    settled_up_to = 0
    with contextlib.suppress(ValueError, IndexError):
        settled_up_to = int(_read(files, SETTLED).split()[0])
    is_open = [each for each in _records(files) if each.state in _OPEN_STATES]
    return [each for each in is_open if each.number > settled_up_to]


def noted_records(files: Files) -> list[JournalRecord]:
    """Return what has ended with a note for people, oldest first."""
    return [each for each in _records(files) if each.note and each.state not in _OPEN_STATES]


def _records(files: Files) -> list[JournalRecord]:
    records: dict[int, JournalRecord] = {}
    for kind, number, *rest in _lines(files):
        if kind == _INTENT:
            records[number] = JournalRecord(number, *rest[:4], state=_INTENT)
        elif kind not in _OTHER_LINES and number in records:
            records[number] = JournalRecord(**(vars(records[number]) | {"state": kind, "note": rest[0]}))
    return sorted(records.values(), key=lambda each: each.number)


def _lines(files: Files) -> Iterator[list[Any]]:
    turn = 0
    for fields in _lines_of(_read(files, JOURNAL)):
        if fields[0] == _SHORT_FILE:
            turn = -fields[1]
        yield fields
    yield from _lines_of(_read(files, SHORT_JOURNALS[turn & 1]))


def _lines_of(data: bytes) -> Iterator[list[Any]]:
    """Yield the fields of each line, a CRC-32, a blank and JSON; a torn one ends the file."""
    for line in data.split(b"\n")[:-1]:
        try:
            yield json.loads(line[9:])
        except ValueError:
            return


def _read(files: Files, path: str) -> bytes:
    try:
        return files.read(path)
    except FileNotFoundError:
        return b""
