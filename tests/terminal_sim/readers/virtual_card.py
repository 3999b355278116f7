"""A contactless card for vpcd's virtual reader: a program that is the card for as long as it runs.

    python virtual_card.py '{"slot": 0, "uid": "04A1B2C3D4E5F6"}'
`uid` null is a card that tells none; `leaves_when_read` is how often it is gone in the middle of its answer.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time

FIRST_PORT = 35963  # vpcd waits there for the card in its first slot, and one higher for the second
POWER_OFF, POWER_ON, RESET, TELL_ATR = 0, 1, 2, 4
# What a PC/SC reader makes up for a contactless card of type A (PC/SC part 3, 3.1.3.2.3.1).
ATR = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
GET_UID = bytes.fromhex("FFCA000000")
DONE, NO_SUCH_FUNCTION = b"\x90\x00", b"\x6a\x81"


class Card:
    """Answers what vpcd asks; lies on the reader for as long as the connection is open."""

    def __init__(self, slot: int, uid: str | None, leaves_when_read: int = 0) -> None:
        self._port = FIRST_PORT + slot
        self._uid = None if uid is None else bytes.fromhex(uid)
        self._leaves = leaves_when_read

    def lie_there(self) -> None:
        """Be on the reader, and again whenever pcscd or the reader came back."""
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self._port)) as reader:
                    self._serve(reader)
            except OSError:
                pass
            time.sleep(0.02)

    def _serve(self, reader: socket.socket) -> None:
        while (asked := _message(reader)) is not None:
            if len(asked) == 1:
                if asked[0] == TELL_ATR:
                    _send(reader, ATR)
                continue
            if self._leaves:
                self._leaves -= 1
                return
            _send(reader, self._answer(asked))

    def _answer(self, command: bytes) -> bytes:
        if command == GET_UID and self._uid is not None:
            return self._uid + DONE
        return NO_SUCH_FUNCTION


def _send(reader: socket.socket, data: bytes) -> None:
    reader.sendall(struct.pack(">H", len(data)) + data)


def _message(reader: socket.socket) -> bytes | None:
    head = _exactly(reader, 2)
    return head and _exactly(reader, struct.unpack(">H", head)[0])


def _exactly(reader: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        # Without a quick ACK the reader's kernel holds back what it sends next for 40 ms.
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = reader.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


if __name__ == "__main__":
    Card(**json.loads(sys.argv[1])).lie_there()
