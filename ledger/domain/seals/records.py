"""What seals hand out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class BlockRecord:
    """A range of settled postings, hashed and ready to be sealed behind the seal with `previous_hash`."""

    from_posting_id: int
    to_posting_id: int
    posting_count: int
    previous_hash: str
    postings_hash: str


@dataclass(frozen=True)
class SealRecord:
    """A sealed range of posting ids; `hash` covers its postings, the time, and all that was sealed before."""

    from_posting_id: int
    to_posting_id: int
    posting_count: int
    previous_hash: str
    hash: str
    sealed_at: datetime
