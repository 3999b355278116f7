"""A tag for nfcpy's `udp` driver: the frames of ISO/IEC 14443 type A in datagrams."""

from __future__ import annotations

import contextlib
import socket
import threading

from terminal_sim.chips.cards import Card
from terminal_sim.chips.iso14443a import CardOnAir, crc_a

REQUEST, ANTICOLLISION_BYTES = b"\x26", 2
RATS, R_NAK, R_ACK = 0xE0, 0xB2, 0xA2
CRC_BYTES = 2


class TagOnUdp:
    """Waits on a free port of this machine; what is placed answers until it is removed.

    nfcpy leaves out the parity and CRC_A of frames that have one, and says RFOFF when it switches
    its field off.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._card: _Air | None = None
        # How often the field breaks down at the next requests, with the card in it.
        self.breakdowns = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def path(self) -> str:
        """The path by which nfcpy opens the reader in whose field this is."""
        return f"udp:127.0.0.1:{self._socket.getsockname()[1]}"

    def place(self, card: Card) -> None:
        """Hold a card into the field, alone."""
        card.enter_field()
        self._card = _Air(card)

    def remove(self) -> None:
        """Take the card out of the field."""
        self._card = None

    def close(self) -> None:
        """End the thread."""
        self._socket.sendto(b"END", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while (datagram := self._socket.recvfrom(1024))[0] != b"END":
            data, reader = datagram
            card = self._card
            if card is None:
                continue
            if data == b"RFOFF":
                self.place(card.card)
                continue
            bit_rate, frame = data.split()
            if self.breakdowns and bytes.fromhex(frame.decode()) == REQUEST:
                self.breakdowns -= 1
                self._socket.sendto(b"RFOFF", reader)
                continue
            answer = card.hear_datagram(bytes.fromhex(frame.decode()))
            if answer is not None:
                with contextlib.suppress(OSError):
                    self._socket.sendto(b"%s %s" % (bit_rate, answer.hex().encode()), reader)


class _Air(CardOnAir):
    """A card that also goes on to ISO/IEC 14443-4, and then says that it is there."""

    is_activated = False

    def hear_datagram(self, frame: bytes) -> bytes | None:
        """Return the answer to a frame without its CRC_A, without a CRC_A; or None."""
        if self.card.ats and frame[0] == RATS:
            self.is_activated = True
            return self.card.ats
        if self.is_activated:
            return bytes([R_ACK | frame[0] & 1]) if frame[0] & ~1 == R_NAK else None
        if frame == REQUEST:
            return self.hear(frame, last_bits=7)
        if len(frame) == ANTICOLLISION_BYTES:
            return self.hear(frame)
        answer = self.hear(frame + crc_a(frame))
        return answer and answer[:-CRC_BYTES]
