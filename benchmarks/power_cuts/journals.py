"""What a device's journal says to somebody who reads it from the flash, as people do."""

from __future__ import annotations

import json
from binascii import crc32
from collections import defaultdict
from dataclasses import dataclass, field

# The states in which money may still move; every other one ends a record.
OPEN_STATES = ("intent", "approved", "failed", "owed", "due")
NO_RECORDS = ("coin_mark", "dropped", "short_file")


@dataclass
class JournalOnFlash:
    """The records that are still open, and what is noted for people, both by token."""

    open: list[str] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def read_journal(data: bytes, settled: bytes) -> JournalOnFlash:
    """Read the journal's lines up to the first bad one, and the number up to which all is settled."""
    last_settled = int(settled.split()[0]) if settled else 0
    read, tokens = JournalOnFlash(), {}
    for line in data.splitlines():
        check, _, body = line.partition(b" ")
        if check != b"%08x" % crc32(body):
            break
        kind, number, *rest = json.loads(body)
        if kind == "intent":
            tokens[number] = rest[2]
        elif kind not in (*OPEN_STATES, *NO_RECORDS) and number in tokens:
            token = tokens.pop(number)
            if rest[0]:
                read.notes[token].append(f"{kind}: {rest[0]}")
    read.open = [token for number, token in tokens.items() if number > last_settled]
    return read
