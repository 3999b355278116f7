"""One movement of money as the journal keeps it, and how it is written on a line."""

import json
from binascii import crc32

VEND = "vend"
COIN = "coin"
TOP_UP = "top_up"
# Cash that a vending machine puts onto the medium.
REVALUE = "revalue"
# A coin whose worth or owner is not certain: kept for people, never booked.
UNKNOWN_COIN = "unknown_coin"
# A coin whose pulses are still coming in; its line is replaced by that of the coin it turns out to be.
COUNTING = "counting"

INTENT = "intent"
APPROVED = "approved"
# Approved, but the machine could not deliver: to be given back.
FAILED = "failed"
# Approved without the ledger, under its allowance: the goods are let go, and then they are out.
OWED = "owed"
DUE = "due"
# The ends of a record.
VENDED = "vended"
CREDITED = "credited"
REFUSED = "refused"
REVERSED = "reversed"
NOT_SENT = "not_sent"
NOTED = "noted"

# No states of a record: up to where an acceptor has counted and whose coins come next; how many remarkable
# records there were beyond those that are kept; and, negative, the turn of the short files.
COIN_MARK = "coin_mark"
DROPPED = "dropped"
SHORT_FILE = "short_file"

_REMARKABLE_KEPT = 32

_INTENT_FIELDS = 8
_STATE_FIELDS = 3
OWED_STATES = (OWED, DUE)
OPEN_STATES = (INTENT, APPROVED, FAILED, OWED, DUE)
# What a machine was to do at once. When its fate is not known it is undone, never done later.
UNDONE = (VEND, REVALUE)


class Record:
    """An intent and what became of it. `note` says what was remarkable; such records are kept for people.

    `cents` is None while a coin is being counted, and when nobody knows it. The `item` of a coin is the
    acceptor's mark: up to where it has been counted with this record.
    """

    # What most of the open records have in common stands here once: a full journal is 36 of them in memory.
    item = None
    text = ""
    state = INTENT
    note = None
    # True while the foreground decides: a person stands in front of the machine, or a coin is counted.
    is_held = False
    # False when the flash took it not: it then lives in memory only.
    is_durable = False

    def __init__(self, number, key, kind, token, cents):
        self.number = number
        self.key = key
        self.kind = kind
        self.token = token
        self.cents = cents

    def is_open(self):
        """Tell whether money may still move for this record."""
        return self.state in OPEN_STATES

    def intent_line(self):
        """Return the line that goes to flash before anything is sent."""
        return line([INTENT, self.number, self.key, self.kind, self.token, self.cents, self.item, self.text])

    def state_line(self):
        """Return the line that tells the state reached."""
        return line([self.state, self.number, self.note])


def mark_of(record):
    """Return (mark, token) of a record that brings up to where its acceptor has counted, or None."""
    return (record.item, record.token) if record.item and record.kind in (COIN, UNKNOWN_COIN) else None


def remember(numbers, number):
    """Add the number of a remarkable record; return the one that is not kept any longer for it, or None."""
    if number in numbers:
        return None
    numbers.append(number)
    return numbers.pop(0) if len(numbers) > _REMARKABLE_KEPT else None


def line(fields):
    """Return the bytes of one line: CRC-32, blank, JSON."""
    body = json.dumps(fields, separators=(",", ":")).encode()
    return b"%08x %s\n" % (crc32(body), body)


def parse(raw):
    """Return the fields of a line, or None when it is torn or damaged."""
    if len(raw) < 12 or raw[-1:] != b"\n" or raw[8:9] != b" ":
        return None
    body = raw[9:-1]
    try:
        if int(raw[:8], 16) != crc32(body):
            return None
        fields = json.loads(body)
    except ValueError:
        return None
    if not isinstance(fields, list) or not fields:
        return None
    return fields if len(fields) == (_INTENT_FIELDS if fields[0] == INTENT else _STATE_FIELDS) else None
