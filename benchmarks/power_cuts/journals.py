"""What a device's journal says to somebody who reads it from the flash, as people do."""

from __future__ import annotations

import json
from binascii import crc32
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

# The states in which money may still move; every other one ends a record.
OPEN_STATES = ("intent", "approved", "failed", "owed", "due")
NO_RECORDS = ("coin_mark", "dropped")
# A line of the long file that says, as a negative number, which of the short ones holds the latest lines.
TURN = "short_file"


@dataclass
class JournalOnFlash:
    """The records that are still open, and what is noted for people, both by token."""

    open: list[str] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def read_journal(data: bytes, settled: bytes, short_files: tuple[bytes, ...] = ()) -> JournalOnFlash:
    """Read the journal's lines up to the first bad one of a file, and up to where all is settled."""
    last_settled = int(settled.split()[0]) if settled else 0
    read, tokens, turn = JournalOnFlash(), {}, 0
    long = list(_lines(data))
    for kind, number, *_ in long:
        turn = -number if kind == TURN else turn
    short = _lines(short_files[turn % len(short_files)]) if short_files else ()
    for kind, number, *rest in (*long, *short):
        if kind == "intent":
            tokens[number] = rest[2]
        elif kind not in (*OPEN_STATES, *NO_RECORDS, TURN) and number in tokens:
            token = tokens.pop(number)
            if rest[0]:
                read.notes[token].append(f"{kind}: {rest[0]}")
    read.open = [token for number, token in tokens.items() if number > last_settled]
    return read


def _lines(data: bytes) -> Iterator[list]:
    for line in data.splitlines():
        check, _, body = line.partition(b" ")
        if check != b"%08x" % crc32(body):
            return
        yield json.loads(body)
