"""Token ids: which UIDs name a token, and how they are written.

A UID is no secret, anybody with a phone can read and copy it; and UIDs of four bytes are not unique in the
world. The ledger sets the limits that follow from that.
"""

_RANDOM_FIRST_BYTE = 0x08
# What Presence tells when more than one token lies on the reader: the UID of none of them.
SEVERAL = b""


class RandomUid(Exception):
    """The card makes up a new number each time (ISO 14443-3, 6.5.4): it can name no wallet."""


class BadUid(Exception):
    """No UID has such a length."""


class SeveralAtOnce(Exception):
    """More than one token lies on the reader, and nobody knows which of them is to pay."""


def token_id(uid):
    """Return the upper-case hex of the raw bytes in wire order; refuses with the exceptions above."""
    if uid == SEVERAL:
        raise SeveralAtOnce("more than one token")
    if len(uid) not in (4, 7, 10):
        raise BadUid(f"UID of {len(uid)} bytes")
    if len(uid) == 4 and uid[0] == _RANDOM_FIRST_BYTE:
        raise RandomUid("the card's number changes each time")
    return "".join(f"{byte:02X}" for byte in uid)
