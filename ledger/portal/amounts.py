"""Amounts of money as people type them, and as they hand them over."""

from __future__ import annotations

import re

from ledger.foundation.errors import Invalid
from ledger.foundation.money import MAX_AMOUNT_CENTS

_TYPED = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?")
# What people pay with: the notes, the smallest first.
NOTES_CENTS = (500, 1000, 2000, 5000, 10000)


class AmountUnreadable(Invalid):
    """What was typed is no amount of money."""

    code = "amount_unreadable"
    message = "This is no amount: type 12 or 12,50."


def typed_cents(text: str) -> int:
    """Return the cents of `12`, `12.50` or `12,5`; refuses with AmountUnreadable."""
    typed = _TYPED.fullmatch(text.strip())
    cents = int(typed[1]) * 100 + int((typed[2] or "").ljust(2, "0") or 0) if typed else 0
    if not 0 < cents <= MAX_AMOUNT_CENTS:
        raise AmountUnreadable(fields={"amount": [AmountUnreadable.message]})
    return cents


def changes_cents(amount_cents: int) -> list[tuple[int, int]]:
    """Return what somebody may hand over for an amount, each with the change that they get."""
    handed = [note for note in NOTES_CENTS if note >= amount_cents]
    if not handed:
        handed = [-(-amount_cents // 5000) * 5000]
    return [(note, note - amount_cents) for note in handed[:3]]
