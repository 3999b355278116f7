"""Tables of devices: terminals; and every statement on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Select, String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from ledger.domain.access.tables import Credential
from ledger.domain.books.tables import ACCOUNT_COLUMNS, Account, AccountRow, foresee_account
from ledger.storage.columns import Base
from ledger.storage.prepared import Prepared
from ledger.storage.tables import insert_if_absent_of
from ledger.storage.transaction import Reader, Row, Transaction


class Terminal(Base):
    """An application instance that may access the ledger (terminal.txt)."""

    __tablename__ = "terminals"
    __table_args__ = (
        CheckConstraint("permission IN ('debit', 'credit', 'all')", name="permission"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    friendly_name: Mapped[str] = mapped_column(String(64))
    permission: Mapped[str] = mapped_column(String(8))
    sales_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    cash_account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    created_at: Mapped[datetime]


TERMINAL_COLUMNS = (
    Terminal.id,
    Terminal.slug,
    Terminal.friendly_name,
    Terminal.permission,
    Terminal.sales_account_id,
    Terminal.cash_account_id,
)


def _asking(*columns: ColumnElement) -> Select:
    asking = select(*columns).select_from(Terminal)
    asking = asking.join(Credential, Credential.id == bindparam("credential_id"), isouter=True)
    return asking.where(Terminal.id == bindparam("terminal_id"))


_INSERT_TERMINAL = insert_if_absent_of(Terminal)
_TERMINAL = Prepared(select(*TERMINAL_COLUMNS).where(Terminal.id == bindparam("terminal_id")))
_ASKING = Prepared(_asking(*TERMINAL_COLUMNS, Credential.revoked_at), is_steady=True)


# A terminal with each of its two accounts: where its sales go, and where its cash lies.
_FORESEEN_ASKING = Prepared(
    _asking(
        *TERMINAL_COLUMNS,
        Credential.revoked_at,
        *(each.label(f"account_{each.name}") for each in ACCOUNT_COLUMNS),
    ).join(Account, Account.id.in_((Terminal.sales_account_id, Terminal.cash_account_id)))
)


def insert_terminal(tx: Transaction, **values: object) -> int | None:
    """Insert a terminal and return its id, or None when its slug is taken."""
    return tx.scalar(_INSERT_TERMINAL, created_at=tx.now, **values)


def select_terminal(reader: Reader, terminal_id: int) -> Row:
    """Return a terminal that exists, by id."""
    return reader.one(_TERMINAL, terminal_id=terminal_id)


def select_asking_terminal(reader: Reader, terminal_id: int, credential_id: int | None) -> Row:
    """Return a terminal that exists, by id, and since when the credential that it came with is dead."""
    return reader.one(_ASKING, terminal_id=terminal_id, credential_id=credential_id)


def foresee_asking_terminal(reader: Reader, terminal_id: int, credential_id: int | None) -> None:
    """Let a group find a terminal, the credential it came with, and its accounts without asking again."""
    asking = {"terminal_id": terminal_id, "credential_id": credential_id}
    reader.expect(_FORESEEN_ASKING, partial(_remember, reader, asking), **asking)


def _remember(reader: Reader, asking: dict[str, int | None], rows: Iterable[Sequence]) -> None:
    of_account = len(TERMINAL_COLUMNS) + 1
    for row in rows:
        reader.foresee_rows(_ASKING, [row[:of_account]], **asking)
        foresee_account(reader, AccountRow(*row[of_account:]))


def select_terminal_by_slug(reader: Reader, slug: str) -> Row | None:
    """Return a terminal by its public id."""
    return reader.one(select(*TERMINAL_COLUMNS).where(Terminal.slug == slug))


def lock_terminal(tx: Transaction, terminal_id: int) -> None:
    """Let nobody else roll this terminal's token until this transaction ends; it may book meanwhile."""
    tx.one(select(Terminal.id).where(Terminal.id == terminal_id).with_for_update(key_share=True))


def select_terminals(reader: Reader, terminal_ids: Sequence[int] | None = None) -> Sequence[Row]:
    """Return the terminals with these ids, or all of them, by public id."""
    statement = select(*TERMINAL_COLUMNS).order_by(Terminal.slug)
    return reader.all(statement if terminal_ids is None else statement.where(Terminal.id.in_(terminal_ids)))
