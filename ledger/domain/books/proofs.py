"""Proves the books from their rows alone: W0 to W3 of DOMAIN.md §6."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, case, func, or_, select, text
from sqlalchemy.orm import aliased

from ledger.domain.books.records import AccountKind
from ledger.domain.books.rules import keeps_balance
from ledger.domain.books.tables import Account, AccountBalance, Posting
from ledger.storage.columns import Base
from ledger.storage.proof import Inspection, Look, Span, contradictions
from ledger.storage.transaction import Reader

GUARDED_TABLES = ("postings", "audit_log", "seals")
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


class SumInspected(Inspection):
    """W0: the sum over all accounts is zero; each posting joins two accounts of one currency."""

    invariant = "W0"
    promise = "All accounts together are zero"
    counts = Posting

    def __init__(self) -> None:
        self._total_cents = 0

    def looks(self) -> dict[type[Base], Look]:
        """Look at each posting beside its two accounts."""
        return {Posting: self._look}

    def _look(self, reader: Reader, span: Span) -> Iterator[str]:
        source, destination = aliased(Account), aliased(Account)
        arrived = case((destination.id.is_not(None), Posting.amount_cents), else_=0)
        left = case((source.id.is_not(None), Posting.amount_cents), else_=0)
        self._total_cents += int(reader.scalar(_joined(func.sum(arrived - left), source, destination, span)))
        apart = or_(source.id.is_(None), destination.id.is_(None), source.currency != destination.currency)
        crooked = _joined(Posting.code, source, destination, span).where(apart)
        return contradictions(reader, crooked, "{code} does not join two accounts of one currency")

    def conclude(self, reader: Reader) -> Iterator[str]:
        """Say what is missing or too much."""
        if self._total_cents:
            yield f"the accounts add up to {self._total_cents} cents"


class BalancesInspected(Inspection):
    """W1: each cached balance is the sum of its account's postings, and every wallet's account has one."""

    invariant = "W1"
    promise = "Each balance is the sum of its postings"
    counts = AccountBalance

    def __init__(self) -> None:
        # Sixteen bytes for each account with a balance: what this proof holds depends on nothing else.
        self._account_ids = array("q")
        self._sums_cents = array("q")

    def looks(self) -> dict[type[Base], Look]:
        """Add up the postings of a range by account, then compare."""
        return {Posting: self._add_up, AccountBalance: self._compare, Account: self._missing}

    def _add_up(self, reader: Reader, span: Span) -> Iterator[str]:
        if not self._account_ids:
            cached = select(AccountBalance.account_id).order_by(AccountBalance.account_id)
            self._account_ids.extend(row.account_id for row in reader.stream(cached))
            self._sums_cents.frombytes(bytes(8 * len(self._account_ids)))
        for row in reader.all(_sums(span)):
            position = bisect_left(self._account_ids, row.account_id)
            if self._account_ids[position : position + 1] == array("q", [row.account_id]):
                self._sums_cents[position] += int(row.cents)
        return iter(())

    def _compare(self, reader: Reader, span: Span) -> Iterator[str]:
        columns = (AccountBalance.account_id, AccountBalance.balance_cents, Account.code)
        cached = select(*columns).join(Account, Account.id == AccountBalance.account_id)
        for row in reader.all(cached.where(span.holds(AccountBalance.account_id))):
            position = bisect_left(self._account_ids, row.account_id)
            cents = self._sums_cents[position] if self._account_ids else 0
            if cents != row.balance_cents:
                yield f"{row.code} says {row.balance_cents} cents, its postings say {cents}"

    def _missing(self, reader: Reader, span: Span) -> Iterator[str]:
        kinds = [kind.value for kind in AccountKind if keeps_balance(kind)]
        missing = (
            select(Account.code)
            .join(AccountBalance, AccountBalance.account_id == Account.id, isouter=True)
            .where(span.holds(Account.id), Account.kind.in_(kinds) == AccountBalance.account_id.is_(None))
        )
        said = "{code} has no cached balance, or one that it must not have"
        return contradictions(reader, missing, said)


class GuardsInspected(Inspection):
    """W2: the database itself refuses to change or delete history, and reversals undo what they name."""

    invariant = "W2"
    promise = "Postings are only ever added"
    counts = Posting

    def looks(self) -> dict[type[Base], Look]:
        """Look at each reversal beside what it names."""
        return {Posting: self._look}

    def _look(self, reader: Reader, span: Span) -> Iterator[str]:
        original = aliased(Posting)
        is_crooked = or_(
            Posting.amount_cents != original.amount_cents,
            Posting.source_id != original.destination_id,
            Posting.destination_id != original.source_id,
        )
        reversed_by = select(Posting.code).join(original, original.id == Posting.reverses_id)
        crooked = reversed_by.where(span.holds(Posting.id), is_crooked)
        return contradictions(reader, crooked, "{code} is not the reverse of what it names")

    def conclude(self, reader: Reader) -> Iterator[str]:
        """Look at the guards themselves."""
        dialect = reader.connection.dialect.name
        in_force = {tuple(row) for row in reader.all(text(_GUARDS_IN_FORCE[dialect]))}
        for table in GUARDED_TABLES:
            for done in _GUARDED_AGAINST[dialect]:
                name = f"{table}_are_never_{done}"
                if (name, table) not in in_force:
                    yield f"the trigger {name} is missing"


class FloorsInspected(Inspection):
    """W3: no account is under its floor, nor would it be if all that is held of it were captured."""

    invariant = "W3"
    promise = "No wallet is under its floor"
    counts = AccountBalance

    def looks(self) -> dict[type[Base], Look]:
        """Look at each balance beside its floor."""
        return {AccountBalance: self._look}

    def _look(self, reader: Reader, span: Span) -> Iterator[str]:
        left = AccountBalance.balance_cents - AccountBalance.held_cents
        under = (
            select(Account.code, left.label("left_cents"), AccountBalance.floor_cents)
            .join(Account, Account.id == AccountBalance.account_id)
            .where(span.holds(AccountBalance.account_id))
            .where(left < AccountBalance.floor_cents)
        )
        return contradictions(reader, under, "{code} is at {left_cents}, under its floor of {floor_cents}")


def _joined(column: ColumnElement, source: type[Account], destination: type[Account], span: Span) -> Select:
    with_source = select(column).join_from(Posting, source, source.id == Posting.source_id, isouter=True)
    both = with_source.join(destination, destination.id == Posting.destination_id, isouter=True)
    return both.where(span.holds(Posting.id))


def _sums(span: Span) -> Select:
    came_in = select(Posting.destination_id.label("account_id"), Posting.amount_cents.label("cents"))
    went_out = select(Posting.source_id, -Posting.amount_cents)
    here = span.holds(Posting.id)
    both = came_in.where(here).union_all(went_out.where(here)).subquery()
    return select(both.c.account_id, func.sum(both.c.cents).label("cents")).group_by(both.c.account_id)
