"""The device's journal as it stands on the flash, read from outside: what is not settled yet."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass

from terminal_sim.vm.files import Files

JOURNAL, SETTLED = "/state/journal", "/state/settled"
# The latest lines stand in one of these; the last line of its kind in the journal says, negative, the turn.
SHORT_FILES = ("/state/journal.0", "/state/journal.1")
_SHORT_FILE = "short_file"
_INTENT = "intent"
_OPEN_STATES = ("intent", "approved", "failed", "owed", "due")
# No states of a record.
_OTHER_LINES = ("coin_mark", "dropped", _SHORT_FILE)


@dataclass(frozen=True)
class OpenRecord:
    """A movement of money that the device has begun; `cents` is None while nobody knows it."""

    number: int
    key: str
    kind: str
    token: str
    cents: int | None
    state: str


def open_records(files: Files) -> list[OpenRecord]:
    """Return what is open in the journal on a flash, oldest first.

    Each line is a CRC-32, a blank and JSON; a torn one ends the journal.
    """
    journal, settled = journal_lines(files), _read(files, SETTLED)
    records: dict[int, OpenRecord] = {}
    for line in journal.split(b"\n")[:-1]:
        try:
            kind, number, *rest = json.loads(line[9:])
        except ValueError:
            break
        if kind == _INTENT:
            records[number] = OpenRecord(number, *rest[:4], state=_INTENT)
        elif kind not in _OTHER_LINES and number in records:
            records[number] = OpenRecord(**(vars(records[number]) | {"state": kind}))
    settled_up_to = 0
    with contextlib.suppress(ValueError, IndexError):
        settled_up_to = int(settled.split()[0])
    is_open = [each for each in records.values() if each.state in _OPEN_STATES]
    return sorted((each for each in is_open if each.number > settled_up_to), key=lambda each: each.number)


def journal_lines(files: Files) -> bytes:
    """Return the whole lines of the journal on a flash, with those of its short file behind the others."""
    journal = _read(files, JOURNAL)
    whole = journal[: journal.rfind(b"\n") + 1]
    turn = 0
    for line in whole.split(b"\n")[:-1]:
        with contextlib.suppress(ValueError, TypeError):
            kind, number, *_ = json.loads(line[9:])
            turn = -number if kind == _SHORT_FILE else turn
    return whole + _read(files, SHORT_FILES[turn & 1])


def _read(files: Files, path: str) -> bytes:
    try:
        return files.read(path)
    except FileNotFoundError:
        return b""
