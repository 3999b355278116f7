"""Tables of access: operators and hashed credentials; and every statement on them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from ledger.storage.columns import Base
from ledger.storage.prepared import Prepared
from ledger.storage.tables import insert_if_absent_of
from ledger.storage.transaction import Reader, Row, Transaction


class Operator(Base):
    """A person who runs the house."""

    __tablename__ = "operators"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'staff')", name="role"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    is_active: Mapped[bool]
    created_at: Mapped[datetime]


class Credential(Base):
    """A long-lived secret, kept by its hash; `hint` is its end, so that people can tell two apart."""

    __tablename__ = "credentials"
    __table_args__ = (
        CheckConstraint("kind IN ('terminal_token')", name="kind"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    terminal_id: Mapped[int] = mapped_column(ForeignKey("terminals.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


_INSERT_OPERATOR = insert_if_absent_of(Operator)
_CREDENTIAL = Prepared(
    select(Credential.id, Credential.terminal_id).where(
        Credential.secret_hash == bindparam("secret_hash"),
        Credential.kind == bindparam("kind"),
        Credential.revoked_at.is_(None),
    )
)


def insert_operator(tx: Transaction, **values: object) -> int | None:
    """Insert an operator and return its id, or None when the name is taken."""
    return tx.scalar(_INSERT_OPERATOR, created_at=tx.now, is_active=True, **values)


def select_operator(reader: Reader, username: str) -> Row | None:
    """Return an active operator by name."""
    columns = (Operator.id, Operator.username, Operator.role)
    return reader.one(select(*columns).where(Operator.username == username, Operator.is_active))


def username_of(reader: Reader, operator_id: int) -> str:
    """Return an operator's name by id."""
    return reader.scalar(select(Operator.username).where(Operator.id == operator_id))


def insert_credential(tx: Transaction, **values: object) -> None:
    """Store a credential."""
    tx.execute(insert(Credential).values(created_at=tx.now, **values))


def revoke_credentials(tx: Transaction, kind: str, terminal_id: int) -> None:
    """End every credential of that kind that a terminal has."""
    live = (Credential.kind == kind, Credential.terminal_id == terminal_id, Credential.revoked_at.is_(None))
    tx.execute(update(Credential).where(*live).values(revoked_at=tx.now))


def select_credential(reader: Reader, kind: str, secret_hash: str) -> Row | None:
    """Return a live credential's id and the terminal that it belongs to."""
    return reader.one(_CREDENTIAL, kind=kind, secret_hash=secret_hash)
