"""The table of offline allowances, and every statement on it."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from ledger.storage.columns import Base
from ledger.storage.transaction import Reader, Row, Transaction


class OfflineAllowance(Base):
    """What a terminal's device may sell while it cannot ask."""

    __tablename__ = "offline_allowances"
    __table_args__ = tuple(
        CheckConstraint(f"{name} > 0", name=name)
        for name in ("per_token_cents", "in_sum_cents", "count", "hours")
    )

    terminal_id: Mapped[int] = mapped_column(
        ForeignKey("terminals.id"), primary_key=True, autoincrement=False
    )
    per_token_cents: Mapped[int] = mapped_column(BigInteger)
    in_sum_cents: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int]
    hours: Mapped[int]


_COLUMNS = (
    OfflineAllowance.per_token_cents,
    OfflineAllowance.in_sum_cents,
    OfflineAllowance.count,
    OfflineAllowance.hours,
)


def select_allowance(reader: Reader, terminal_id: int) -> Row | None:
    """Return what a terminal was granted."""
    return reader.one(select(*_COLUMNS).where(OfflineAllowance.terminal_id == terminal_id))


def replace_allowance(tx: Transaction, terminal_id: int, values: dict[str, int] | None) -> None:
    """Grant a terminal this instead of what it had; None takes it back. Its row must be locked."""
    tx.execute(delete(OfflineAllowance).where(OfflineAllowance.terminal_id == terminal_id))
    if values is not None:
        tx.execute(insert(OfflineAllowance).values(terminal_id=terminal_id, **values))
