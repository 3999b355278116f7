"""What the audit looks at beside the books themselves: their figures, and what terminals were told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Three numbers that two copies of the same books share."""

    postings: int
    keys: int
    moved_cents: int


@dataclass(frozen=True)
class Receipt:
    """What a terminal was told: its key moved this much on the wallet of this token.

    `amount_cents` is signed as the wallet sees it, `line` is where the receipt stands, and
    `transaction` the code that was answered, where the terminal has kept it.
    """

    line: int
    terminal: str
    idempotency_key: str
    token_id: str
    amount_cents: int
    transaction: str | None
