"""Proves what holds promise (W8): what is held is what open holds say, and a capture is one posting."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from ledger.domain.books.tables import Account, AccountBalance, Posting
from ledger.domain.books.tables_holds import Hold
from ledger.storage.proof import Proof, findings
from ledger.storage.tables import AuditLog
from ledger.storage.transaction import Reader

CAPTURE = "holds.capture"


def prove_holds(reader: Reader) -> Proof:
    """W8: an account's held money is the sum of its open holds; each captured hold has its own posting."""
    held = select(Hold.source_id, func.sum(Hold.amount_cents).label("cents")).where(Hold.state == "open")
    summed = held.group_by(Hold.source_id).subquery()
    wrong = (
        select(Account.code, AccountBalance.held_cents, summed.c.cents)
        .join(Account, Account.id == AccountBalance.account_id)
        .join(summed, summed.c.source_id == AccountBalance.account_id, isouter=True)
        .where(AccountBalance.held_cents != func.coalesce(summed.c.cents, 0))
    )
    unkept = (
        select(Hold.code)
        .join(AccountBalance, AccountBalance.account_id == Hold.source_id, isouter=True)
        .where(Hold.state == "open", AccountBalance.account_id.is_(None))
    )
    contradictions = [
        *findings(reader, wrong, "{code} says that {held_cents} cents are held, its open holds say {cents}"),
        *findings(reader, unkept, "{code} holds money of an account that keeps no balance"),
        *_crooked_captures(reader),
    ]
    checked = reader.scalar(select(func.count()).select_from(Hold))
    return Proof("W8", "Held money is that of open holds, captured once", checked, tuple(contradictions))


def _crooked_captures(reader: Reader) -> list[str]:
    other = (
        Posting.id.is_(None),
        Posting.amount_cents != Hold.captured_cents,
        Posting.amount_cents > Hold.amount_cents,
        Posting.source_id != Hold.source_id,
        Posting.destination_id != Hold.destination_id,
        Posting.command_id != Hold.closed_by_id,
    )
    crooked = select(Hold.code).join(Posting, Posting.id == Hold.posting_id, isouter=True)
    twice = select(Hold.posting_id).where(Hold.posting_id.is_not(None)).group_by(Hold.posting_id)
    stray = (
        select(Posting.code)
        .join(AuditLog, AuditLog.id == Posting.command_id)
        .join(Hold, Hold.posting_id == Posting.id, isouter=True)
        .where(AuditLog.command == CAPTURE, Hold.id.is_(None))
    )
    return [
        *findings(
            reader,
            crooked.where(Hold.state == "captured", or_(*other)),
            "{code} was captured by no such posting",
        ),
        *findings(reader, twice.having(func.count() > 1), "two holds claim the posting {posting_id}"),
        *findings(reader, stray, "{code} captured a hold that is not there"),
    ]
