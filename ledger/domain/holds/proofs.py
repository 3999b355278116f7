"""Proves what holds promise (W8): what is held is what open holds say, and a capture is one posting."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sqlalchemy import func, or_, select

from ledger.domain.books.tables import Account, AccountBalance, Posting
from ledger.domain.books.tables_holds import Hold
from ledger.storage.columns import Base
from ledger.storage.proof import Inspection, Look, Span, contradictions
from ledger.storage.tables import AuditLog
from ledger.storage.transaction import Reader

CAPTURE = "holds.capture"


class HoldsInspected(Inspection):
    """W8: an account's held money is the sum of its open holds; each captured hold has its own posting."""

    invariant = "W8"
    promise = "Held money is that of open holds, captured once"
    counts = Hold

    def looks(self) -> dict[type[Base], Look]:
        """Look at each balance, each hold, and each posting that captured one."""
        return {AccountBalance: self._compare, Hold: self._look, Posting: self._strays}

    def _compare(self, reader: Reader, span: Span) -> Iterator[str]:
        held = select(Hold.source_id, func.sum(Hold.amount_cents).label("cents"))
        of_these = held.where(Hold.state == "open", span.holds(Hold.source_id))
        summed = of_these.group_by(Hold.source_id).subquery()
        wrong = (
            select(Account.code, AccountBalance.held_cents, summed.c.cents)
            .join(Account, Account.id == AccountBalance.account_id)
            .join(summed, summed.c.source_id == AccountBalance.account_id, isouter=True)
            .where(span.holds(AccountBalance.account_id))
            .where(AccountBalance.held_cents != func.coalesce(summed.c.cents, 0))
        )
        said = "{code} says that {held_cents} cents are held, its open holds say {cents}"
        return contradictions(reader, wrong, said)

    def _look(self, reader: Reader, span: Span) -> Iterator[str]:
        unkept = (
            select(Hold.code)
            .join(AccountBalance, AccountBalance.account_id == Hold.source_id, isouter=True)
            .where(span.holds(Hold.id), Hold.state == "open", AccountBalance.account_id.is_(None))
        )
        other = (
            Posting.id.is_(None),
            Posting.amount_cents != Hold.captured_cents,
            Posting.amount_cents > Hold.amount_cents,
            Posting.source_id != Hold.source_id,
            Posting.destination_id != Hold.destination_id,
            Posting.command_id != Hold.closed_by_id,
        )
        crooked = (
            select(Hold.code)
            .join(Posting, Posting.id == Hold.posting_id, isouter=True)
            .where(span.holds(Hold.id), Hold.state == "captured", or_(*other))
        )
        return chain(
            contradictions(reader, unkept, "{code} holds money of an account that keeps no balance"),
            contradictions(reader, crooked, "{code} was captured by no such posting"),
        )

    def _strays(self, reader: Reader, span: Span) -> Iterator[str]:
        stray = (
            select(Posting.code)
            .join(AuditLog, AuditLog.id == Posting.command_id)
            .join(Hold, Hold.posting_id == Posting.id, isouter=True)
            .where(span.holds(Posting.id), AuditLog.command == CAPTURE, Hold.id.is_(None))
        )
        return contradictions(reader, stray, "{code} captured a hold that is not there")

    def conclude(self, reader: Reader) -> Iterator[str]:
        """Look for what two holds claim."""
        claimed = select(Hold.posting_id).where(Hold.posting_id.is_not(None)).group_by(Hold.posting_id)
        twice = claimed.having(func.count() > 1)
        return contradictions(reader, twice, "two holds claim the posting {posting_id}")
