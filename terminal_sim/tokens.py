"""Tokens as people name them: a UID, a card that invents its number each time, a clone, a worn one."""

from __future__ import annotations

import random
from typing import Any

from terminal_sim.chips.cards import Card, Clone, PlainCard, RandomUidCard

HEX_LENGTHS = (8, 14, 20)
RANDOM = "random"
# What a table says: first which token it is, by exactly one of these, then how it is held.
WHICH = ("uid", "clone_of", "random")
HOW = ("hold_s", "reads_percent", "beside")
TAKES = f"a UID, {RANDOM!r}, or a table of {', '.join(WHICH + HOW)}"


def check_uid(uid: Any) -> str:
    """Return the UID in upper case; ValueError unless it is 4, 7 or 10 bytes of hexadecimal text."""
    text = uid if isinstance(uid, str) else ""
    if len(text) not in HEX_LENGTHS or any(digit not in "0123456789abcdefABCDEF" for digit in text):
        raise ValueError(f"{uid!r} is no token id: it is 8, 14 or 20 hexadecimal digits")
    return text.upper()


def is_token(value: str | dict[str, Any]) -> bool:
    """Tell whether a text or a table says which token it is and how it is held."""
    if isinstance(value, str):
        return value == RANDOM or len(value) in HEX_LENGTHS
    if set(value) - set(WHICH + HOW) or sum(bool(value.get(key)) for key in WHICH) != 1:
        return False
    hold_s, percent = value.get("hold_s", 0), value.get("reads_percent", 100)
    is_held = isinstance(hold_s, (int, float)) and hold_s >= 0
    return is_held and isinstance(percent, int) and 1 <= percent <= 100


def uid_of(value: str | dict[str, Any]) -> str | None:
    """Return the UID that a ledger knows the token by; None when it has another one each time."""
    if isinstance(value, dict):
        return value.get("uid") or value.get("clone_of")
    return None if value == RANDOM else value


def card_of(value: str | dict[str, Any], dice: random.Random) -> Card:
    """Return the card that a text or a table means; ValueError when no such card can exist."""
    uid = uid_of(value)
    if uid is None:
        return RandomUidCard(dice.randbytes)
    card = PlainCard(bytes.fromhex(check_uid(uid)))
    return Clone(card) if isinstance(value, dict) and "clone_of" in value else card


def manner_of(value: str | dict[str, Any]) -> dict[str, Any]:
    """Return how the token is held, as the keywords of Machine.tap."""
    return {key: value[key] for key in HOW if key in value} if isinstance(value, dict) else {}
