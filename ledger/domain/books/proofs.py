"""Proves the books from their rows alone: W0 to W3 of DOMAIN.md §6."""

from __future__ import annotations

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import aliased

from ledger.domain.books.records import AccountKind
from ledger.domain.books.rules import keeps_balance
from ledger.domain.books.tables import Account, AccountBalance, Posting
from ledger.storage.proof import Proof, findings
from ledger.storage.transaction import Reader

GUARDED_TABLES = ("postings", "audit_log")
# A trigger of the right name that stands on another table, or that looks away at times, guards nothing.
_GUARDS_IN_FORCE = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    " AND sql LIKE '%BEGIN SELECT RAISE(ABORT%'"
    " AND (sql NOT LIKE '% WHEN %' OR sql LIKE '% BEFORE INSERT %')",
    # tgtype tells when it fires: before each updated row, before each deleted row, before a TRUNCATE.
    "postgresql": "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " JOIN pg_proc ON pg_proc.oid = tgfoid WHERE relnamespace = CAST(current_schema() AS regnamespace)"
    " AND tgenabled = 'A' AND tgqual IS NULL AND CAST(tgattr AS text) = ''"
    " AND prosrc LIKE ' BEGIN RAISE EXCEPTION %' AND tgname = relname || '_are_never_' ||"
    " CASE tgtype WHEN 19 THEN 'updated' WHEN 11 THEN 'deleted' WHEN 34 THEN 'truncated' END",
}
_GUARDED_AGAINST = {
    "sqlite": ("updated", "deleted", "replaced"),
    "postgresql": ("updated", "deleted", "truncated"),
}


def prove_sum(reader: Reader) -> Proof:
    """W0: the sum over all accounts is zero; each posting joins two accounts of one currency."""
    sums = _sums()
    known = select(func.coalesce(func.sum(sums.c.cents), 0)).join_from(
        sums, Account, Account.id == sums.c.account_id
    )
    total = reader.scalar(known)
    source, destination = aliased(Account), aliased(Account)
    crooked = (
        select(Posting.code)
        .join(source, source.id == Posting.source_id, isouter=True)
        .join(destination, destination.id == Posting.destination_id, isouter=True)
        .where(or_(source.id.is_(None), destination.id.is_(None), source.currency != destination.currency))
    )
    contradictions = findings(reader, crooked, "{code} does not join two accounts of one currency")
    if total:
        contradictions.append(f"the accounts add up to {total} cents")
    return Proof("W0", "All accounts together are zero", _count(reader, Posting), tuple(contradictions))


def prove_balances(reader: Reader) -> Proof:
    """W1: each cached balance is the sum of its account's postings, and every wallet's account has one."""
    summed = _sums()
    wrong = (
        select(Account.code, AccountBalance.balance_cents, summed.c.cents)
        .join(Account, Account.id == AccountBalance.account_id)
        .join(summed, summed.c.account_id == AccountBalance.account_id, isouter=True)
        .where(AccountBalance.balance_cents != func.coalesce(summed.c.cents, 0))
    )
    cached = [kind.value for kind in AccountKind if keeps_balance(kind)]
    missing = (
        select(Account.code)
        .join(AccountBalance, AccountBalance.account_id == Account.id, isouter=True)
        .where(Account.kind.in_(cached) == AccountBalance.account_id.is_(None))
    )
    contradictions = [
        *findings(reader, wrong, "{code} says {balance_cents} cents, its postings say {cents}"),
        *findings(reader, missing, "{code} has no cached balance, or one that it must not have"),
    ]
    checked = _count(reader, AccountBalance)
    return Proof("W1", "Each balance is the sum of its postings", checked, tuple(contradictions))


def prove_guards(reader: Reader) -> Proof:
    """W2: the database itself refuses to change or delete history, and reversals undo what they name."""
    contradictions = _missing_guards(reader)
    original = aliased(Posting)
    crooked = (
        select(Posting.code)
        .join(original, original.id == Posting.reverses_id)
        .where(
            or_(
                Posting.amount_cents != original.amount_cents,
                Posting.source_id != original.destination_id,
                Posting.destination_id != original.source_id,
            )
        )
    )
    contradictions += findings(reader, crooked, "{code} is not the reverse of what it names")
    checked = _count(reader, Posting)
    return Proof("W2", "Postings are only ever added", checked, tuple(contradictions))


def prove_floors(reader: Reader) -> Proof:
    """W3: no account is under its floor, nor would it be if all that is held of it were captured."""
    left = AccountBalance.balance_cents - AccountBalance.held_cents
    under = (
        select(Account.code, left.label("left_cents"), AccountBalance.floor_cents)
        .join(Account, Account.id == AccountBalance.account_id)
        .where(left < AccountBalance.floor_cents)
    )
    contradictions = findings(reader, under, "{code} is at {left_cents}, under its floor of {floor_cents}")
    return Proof("W3", "No wallet is under its floor", _count(reader, AccountBalance), tuple(contradictions))


def _missing_guards(reader: Reader) -> list[str]:
    dialect = reader.connection.dialect.name
    in_force = {tuple(row) for row in reader.all(text(_GUARDS_IN_FORCE[dialect]))}
    needed = (
        (f"{table}_are_never_{done}", table) for table in GUARDED_TABLES for done in _GUARDED_AGAINST[dialect]
    )
    return [f"the trigger {name} is missing" for name, table in needed if (name, table) not in in_force]


def _sums():
    came_in = select(Posting.destination_id.label("account_id"), Posting.amount_cents.label("cents"))
    went_out = select(Posting.source_id, -Posting.amount_cents)
    both = came_in.union_all(went_out).subquery()
    return (
        select(both.c.account_id, func.sum(both.c.cents).label("cents"))
        .group_by(both.c.account_id)
        .subquery()
    )


def _count(reader: Reader, table: type) -> int:
    return reader.scalar(select(func.count()).select_from(table))
