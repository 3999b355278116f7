"""Proves what wallets promise: W4, W6 and W7 of DOMAIN.md §6."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Select, String, case, cast, func, or_, select

from ledger.domain.books.tables import Account, Posting
from ledger.domain.devices.tables import Terminal
from ledger.domain.wallets.tables import Wallet, WalletToken
from ledger.foundation.actor import ActorKind
from ledger.storage.columns import Base
from ledger.storage.proof import Inspection, Look, Span, contradictions
from ledger.storage.tables import AuditLog, DomainEvent
from ledger.storage.transaction import Reader

MONEY_EVENTS = (
    "wallet.purchased",
    "wallet.debited",
    "wallet.topped_up",
    "hold.captured",
    "transaction.reversed",
)


class MovementsInspected(Inspection):
    """W4: each wallet movement that was answered has exactly one posting, and no posting is without one.

    What an event tells of its posting, its code and its amount, is what was posted.
    """

    invariant = "W4"
    promise = "Each movement of a wallet is exactly one posting"
    counts = Posting

    def looks(self) -> dict[type[Base], Look]:
        """Look at each command beside its events and its postings."""
        return {Posting: self._unasked, AuditLog: self._look}

    def _unasked(self, reader: Reader, span: Span) -> Iterator[str]:
        asked = select(Posting.code).join(AuditLog, AuditLog.id == Posting.command_id, isouter=True)
        unasked = asked.where(span.holds(Posting.id), AuditLog.id.is_(None))
        return contradictions(reader, unasked, "{code} belongs to no command")

    def _look(self, reader: Reader, span: Span) -> Iterator[str]:
        is_money = DomainEvent.name.in_(MONEY_EVENTS)
        events = _count_by_command(DomainEvent, span).where(is_money).subquery()
        postings = _count_by_command(Posting, span).subquery()
        counted = (
            select(AuditLog.id, events.c.count.label("events"), postings.c.count.label("postings"))
            .join(events, events.c.command_id == AuditLog.id, isouter=True)
            .join(postings, postings.c.command_id == AuditLog.id, isouter=True)
            .where(span.holds(AuditLog.id))
            .where(func.coalesce(events.c.count, 0) != func.coalesce(postings.c.count, 0))
        )
        several = select(postings.c.command_id).where(postings.c.count > 1)
        sentence = "command {id} has {events} movements and {postings} postings"
        yield from contradictions(reader, counted, sentence)
        yield from contradictions(reader, several, "command {command_id} posted more than once")
        yield from self._told_otherwise(reader, span)

    def _told_otherwise(self, reader: Reader, span: Span) -> Iterator[str]:
        # Compared as text, because a forged event may hold anything. What an event does not tell is not
        # held against it: before 0.2.0 that of a reversal did not repeat the amount.
        told_cents = cast(DomainEvent.payload["amount_cents"].as_string(), String)
        transaction = cast(DomainEvent.payload["transaction"].as_string(), String)
        is_otherwise = or_(told_cents != cast(Posting.amount_cents, String), transaction != Posting.code)
        otherwise = (
            select(Posting.code, Posting.amount_cents, DomainEvent.command_id)
            .join(DomainEvent, DomainEvent.command_id == Posting.command_id)
            .where(span.holds(Posting.command_id), DomainEvent.name.in_(MONEY_EVENTS))
            .where(is_otherwise)
        )
        sentence = "{code} moved {amount_cents} cents, but command {command_id} told of something else"
        return contradictions(reader, otherwise, sentence)


class TerminalsInspected(Inspection):
    """W6: a posting names the terminal that asked for it, and none if and only if somebody else did."""

    invariant = "W6"
    promise = "A movement without a terminal was made by hand"
    counts = Posting

    def looks(self) -> dict[type[Base], Look]:
        """Look at each posting beside who asked for it."""
        return {Posting: self._look}

    def _look(self, reader: Reader, span: Span) -> Iterator[str]:
        asked = case((AuditLog.actor_kind == ActorKind.TERMINAL.value, AuditLog.actor_name), else_="")
        wrong = (
            select(Posting.code)
            .join(AuditLog, AuditLog.id == Posting.command_id)
            .join(Terminal, Terminal.id == Posting.terminal_id, isouter=True)
            .where(span.holds(Posting.id), asked != func.coalesce(Terminal.slug, ""))
        )
        said = "{code} names a terminal that did not ask, or hides one that did"
        return contradictions(reader, wrong, said)


class TokensInspected(Inspection):
    """W7: a token is paired with one wallet at a time, and each wallet has its own account."""

    invariant = "W7"
    promise = "A token is paired with one wallet at a time"
    counts = WalletToken

    def looks(self) -> dict[type[Base], Look]:
        """Look at each wallet beside its account; tokens are counted."""
        return {WalletToken: lambda reader, span: (), Wallet: self._stray}

    def _stray(self, reader: Reader, span: Span) -> Iterator[str]:
        stray = (
            select(Wallet.code)
            .join(Account, Account.id == Wallet.account_id, isouter=True)
            .where(span.holds(Wallet.id), or_(Account.id.is_(None), Account.kind != "wallet"))
        )
        return contradictions(reader, stray, "{code} has no account of its own")

    def conclude(self, reader: Reader) -> Iterator[str]:
        """Look for a token that is paired twice."""
        present = select(WalletToken.token_id).where(WalletToken.unpaired_at.is_(None))
        twice = present.group_by(WalletToken.token_id).having(func.count() > 1)
        return contradictions(reader, twice, "the token {token_id} is paired twice")


def _count_by_command(table: type[Posting] | type[DomainEvent], span: Span) -> Select:
    counted = select(table.command_id, func.count().label("count")).where(span.holds(table.command_id))
    return counted.group_by(table.command_id)
