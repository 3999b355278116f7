"""Proves what wallets promise: W4, W6 and W7 of DOMAIN.md §6."""

from __future__ import annotations

from sqlalchemy import Select, case, func, or_, select

from ledger.domain.books.tables import Account, Posting
from ledger.domain.devices.tables import Terminal
from ledger.domain.wallets.tables import Wallet, WalletToken
from ledger.foundation.actor import ActorKind
from ledger.storage.proof import Proof, findings
from ledger.storage.tables import AuditLog, DomainEvent
from ledger.storage.transaction import Reader

MONEY_EVENTS = (
    "wallet.purchased",
    "wallet.debited",
    "wallet.topped_up",
    "hold.captured",
    "transaction.reversed",
)


def prove_movements(reader: Reader) -> Proof:
    """W4: each wallet movement that was answered has exactly one posting, and no posting is without one."""
    events = _count_by_command(DomainEvent).where(DomainEvent.name.in_(MONEY_EVENTS)).subquery()
    postings = _count_by_command(Posting).subquery()
    counted = (
        select(AuditLog.id, events.c.count.label("events"), postings.c.count.label("postings"))
        .join(events, events.c.command_id == AuditLog.id, isouter=True)
        .join(postings, postings.c.command_id == AuditLog.id, isouter=True)
        .where(func.coalesce(events.c.count, 0) != func.coalesce(postings.c.count, 0))
    )
    several = select(postings.c.command_id).where(postings.c.count > 1)
    unasked = select(Posting.code).join(AuditLog, AuditLog.id == Posting.command_id, isouter=True)
    contradictions = [
        *findings(reader, counted, "command {id} has {events} movements and {postings} postings"),
        *findings(reader, several, "command {command_id} posted more than once"),
        *findings(reader, unasked.where(AuditLog.id.is_(None)), "{code} belongs to no command"),
    ]
    checked = reader.scalar(select(func.count()).select_from(Posting))
    return Proof("W4", "Each movement of a wallet is exactly one posting", checked, tuple(contradictions))


def prove_terminals(reader: Reader) -> Proof:
    """W6: a posting names the terminal that asked for it, and none if and only if somebody else did."""
    asked = case((AuditLog.actor_kind == ActorKind.TERMINAL.value, AuditLog.actor_name), else_="")
    wrong = (
        select(Posting.code)
        .join(AuditLog, AuditLog.id == Posting.command_id)
        .join(Terminal, Terminal.id == Posting.terminal_id, isouter=True)
        .where(asked != func.coalesce(Terminal.slug, ""))
    )
    contradictions = findings(
        reader, wrong, "{code} names a terminal that did not ask, or hides one that did"
    )
    checked = reader.scalar(select(func.count()).select_from(Posting))
    return Proof("W6", "A movement without a terminal was made by hand", checked, tuple(contradictions))


def prove_tokens(reader: Reader) -> Proof:
    """W7: a token is paired with one wallet at a time, and each wallet has its own account."""
    present = select(WalletToken.token_id).where(WalletToken.unpaired_at.is_(None))
    twice = present.group_by(WalletToken.token_id).having(func.count() > 1)
    stray = (
        select(Wallet.code)
        .join(Account, Account.id == Wallet.account_id, isouter=True)
        .where(or_(Account.id.is_(None), Account.kind != "wallet"))
    )
    contradictions = [
        *findings(reader, twice, "the token {token_id} is paired twice"),
        *findings(reader, stray, "{code} has no account of its own"),
    ]
    checked = reader.scalar(select(func.count()).select_from(WalletToken))
    return Proof("W7", "A token is paired with one wallet at a time", checked, tuple(contradictions))


def _count_by_command(table: type) -> Select:
    return select(table.command_id, func.count().label("count")).group_by(table.command_id)
