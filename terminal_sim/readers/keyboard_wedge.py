"""Readers that type: to the computer they are keyboards, which write a card's UID and press Enter."""

from __future__ import annotations

import queue
import re
import threading
import time
from typing import TextIO

from terminal_sim.readers.source import CardCame, CardLeft, Event, Found, Notice, SourceEnded, card_uid

NAME = "the keyboard"
READY = "waiting for what the reader types into this window; Ctrl-C ends"
DEFAULT_HOLD_S = 3.0
# Many readers write the UID of a 4-byte card as a decimal number.
_DECIMAL_DIGITS = 10
_LARGEST_OF_4_BYTES = 0xFFFF_FFFF
_SEPARATORS = re.compile(r"[\s:.-]")
_HEXADECIMAL = re.compile(r"([0-9A-Fa-f]{2})+")


class KeyboardWedgeSource:
    """Cards whose UID a reader types into `lines`; `is_reversed` for one that types the last byte first.

    Such a reader does not tell when a card leaves: it does so `hold_s` after it was typed the last time,
    or when another one is typed. SourceEnded when the lines end.
    """

    def __init__(self, lines: TextIO, hold_s: float = DEFAULT_HOLD_S, is_reversed: bool = False) -> None:
        self._hold_s = hold_s
        self._is_reversed = is_reversed
        self._typed: queue.Queue[str | None] = queue.Queue()
        self._uid: str | None = None
        self._leaves_at_s = 0.0
        self._has_ended = self._is_ready = False
        # A thread of its own, because not every system can wait for a console with a timeout.
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()

    def wait(self, timeout_s: float) -> list[Event]:
        """Return what has happened, as soon as something has; [] after about `timeout_s` at most."""
        if not self._is_ready:
            self._is_ready = True
            return [Notice(READY)]
        if self._has_ended and self._uid is None:
            raise SourceEnded("nothing more will be typed")
        if self._uid is not None:
            timeout_s = min(timeout_s, max(0.0, self._leaves_at_s - time.monotonic()))
        return self._follow(self._next_line(timeout_s))

    def close(self) -> None:
        """Forget the card; the keyboard stays what it is."""
        self._uid = None

    def _follow(self, line: str) -> list[Event]:
        events: list[Event] = []
        now_s = time.monotonic()
        try:
            uid = typed_uid(line, self._is_reversed) if line.strip() else None
        except ValueError as error:
            return [Notice(str(error))]
        if self._uid is not None and (now_s >= self._leaves_at_s or uid not in (None, self._uid)):
            events.append(CardLeft(self._uid, NAME))
            self._uid = None
        if uid is not None:
            if uid != self._uid:
                events.append(CardCame(uid, NAME))
            self._uid, self._leaves_at_s = uid, now_s + self._hold_s
        return events

    def _next_line(self, timeout_s: float) -> str:
        if self._has_ended:
            time.sleep(timeout_s)
            return ""
        try:
            line = self._typed.get(timeout=timeout_s)
        except queue.Empty:
            return ""
        self._has_ended = line is None
        return line or ""

    def _listen(self, lines: TextIO) -> None:
        for line in lines:
            self._typed.put(line)
        self._typed.put(None)


def typed_uid(line: str, is_reversed: bool = False) -> str:
    """Return the UID that a reader typed, in hexadecimal or ten decimal digits; ValueError for none."""
    text = _SEPARATORS.sub("", line)
    if len(text) == _DECIMAL_DIGITS and text.isascii() and text.isdigit():
        uid = _decimal(text)
    elif _HEXADECIMAL.fullmatch(text):
        uid = bytes.fromhex(text)
    else:
        hint = "" if text.isascii() else "; is the keyboard layout another one than the reader's?"
        raise ValueError(f"{line.strip()!r} is no UID in hexadecimal or in ten decimal digits{hint}")
    return card_uid(uid[::-1] if is_reversed else uid)


def _decimal(text: str) -> bytes:
    if int(text) > _LARGEST_OF_4_BYTES:
        raise ValueError(f"{text} is no UID: it is more than 4 bytes hold")
    return int(text).to_bytes(4, "big")


def find() -> Found:
    """Return that a reader which types needs nothing but a keyboard's plug."""
    return Found([(NAME, "any reader that types, into the window of `sim reader`")])
