"""The device's journal as it stands on the flash, read from outside: what is not settled yet."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass

from terminal_sim.vm.files import Files

JOURNAL, SETTLED = "/state/journal", "/state/settled"
_INTENT = "intent"
_OPEN_STATES = ("intent", "approved", "failed", "owed", "due")
# No states of a record.
_OTHER_LINES = ("coin_mark", "dropped")


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
    journal, settled = (_read(files, path) for path in (JOURNAL, SETTLED))
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


def _read(files: Files, path: str) -> bytes:
    try:
        return files.read(path)
    except FileNotFoundError:
        return b""
