"""Seals history, and gives an export as somebody else would have kept it."""

from __future__ import annotations

from ledger.domain.seals.records import SealRecord
from ledger.foundation.actor import operator_on_this_machine
from ledger.jobs.sealing import seal_history
from ledger.service import Ledger


def seal(ledger: Ledger) -> list[SealRecord]:
    """Seal whatever has been posted and return the new seals."""
    return list(seal_history(ledger, actor=operator_on_this_machine()))
