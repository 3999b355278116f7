"""Virtual cards of ISO/IEC 14443 type A: a plain one, one with a random UID, and a clone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

_CASCADE_TAG = 0x88
_RANDOM_UID_MARK = 0x08

# SENS_RES in the order in which the PN532 reports it (high byte first), and SEL_RES. Bits 7 and 6 of the
# low byte tell the size of the UID: single, double, triple (ISO/IEC 14443-3, 6.4.2).
_SENS_RES_BY_UID_LENGTH = {4: b"\x00\x04", 7: b"\x00\x44", 10: b"\x00\x84"}
_SEL_RES_BY_UID_LENGTH = {4: 0x08, 7: 0x00, 10: 0x00}
_SEL_RES_SPEAKS_14443_4 = 0x20
_ATS_OF_A_PHONE = bytes.fromhex("0578807002")


class Card(Protocol):
    """What a reader learns of a card by listing it."""

    uid: bytes
    sens_res: bytes
    sel_res: int
    ats: bytes

    def enter_field(self) -> None:
        """Be powered by a reader's field: called each time the card is put on a reader."""


class PlainCard:
    """A card whose UID of 4, 7 or 10 bytes never changes; other lengths raise ValueError.

    A UID of 4 bytes must not begin with the cascade tag 0x88: no such card can exist. With an `ats`
    (its length byte first) it is a card of ISO/IEC 14443-4, as a DESFire is.
    """

    def __init__(self, uid: bytes, *, ats: bytes = b"") -> None:
        if len(uid) not in _SENS_RES_BY_UID_LENGTH:
            raise ValueError(f"a UID has 4, 7 or 10 bytes, not {len(uid)}")
        if len(uid) == 4 and uid[0] == _CASCADE_TAG:
            raise ValueError("a UID of 4 bytes cannot begin with the cascade tag 88")
        self.uid = bytes(uid)
        self.sens_res = _SENS_RES_BY_UID_LENGTH[len(uid)]
        self.sel_res = _SEL_RES_SPEAKS_14443_4 if ats else _SEL_RES_BY_UID_LENGTH[len(uid)]
        self.ats = bytes(ats)

    def enter_field(self) -> None:
        """Keep the UID: it is burnt in."""


class RandomUidCard:
    """A card that invents 4 bytes, the first of them 0x08, whenever it enters a field.

    `random_bytes(count)` is the only source of chance.
    """

    sens_res = _SENS_RES_BY_UID_LENGTH[4]
    sel_res = _SEL_RES_SPEAKS_14443_4
    ats = _ATS_OF_A_PHONE

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self.uid = b""
        self.enter_field()

    def enter_field(self) -> None:
        """Draw a new UID (ISO/IEC 14443-3, 6.4.4: uid0 = 08 marks it as random)."""
        self.uid = bytes([_RANDOM_UID_MARK]) + self._random_bytes(3)


class Clone:
    """A card that answers exactly as the card it was copied from did at that moment."""

    def __init__(self, of: Card) -> None:
        self.uid = of.uid
        self.sens_res = of.sens_res
        self.sel_res = of.sel_res
        self.ats = of.ats

    def enter_field(self) -> None:
        """Keep the copied UID."""


def anticollision_order(card: Card) -> str:
    """Return the bits that the card sends in anticollision, in their order on the air.

    At the first bit in which two cards differ the reader goes on with those that sent 1, so of several
    cards the one with the greatest string is selected first.
    """
    return "".join(f"{byte:08b}"[::-1] for byte in cascaded_uid(card.uid))


def cascaded_uid(uid: bytes) -> bytes:
    """Return the UID as it is sent level by level, with the cascade tag 88 before each further level."""
    tag = bytes([_CASCADE_TAG])
    if len(uid) == 4:
        return uid
    if len(uid) == 7:
        return tag + uid
    return tag + uid[:3] + tag + uid[3:]
