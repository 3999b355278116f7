"""The table of devices that wait for their token, and every statement on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from ledger.storage.columns import Base
from ledger.storage.transaction import Reader, Row, Transaction


class DevicePairing(Base):
    """A new device, kept by the hashes of the code that it shows and of the secret that it claims with."""

    __tablename__ = "device_pairings"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    install_id: Mapped[str] = mapped_column(String(32))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    terminal_id: Mapped[int | None] = mapped_column(ForeignKey("terminals.id"))
    claimed_at: Mapped[datetime | None]


_UNCLAIMED = DevicePairing.claimed_at.is_(None)


def delete_pairings_before(tx: Transaction, moment: datetime) -> None:
    """Forget what was offered before a moment and is over."""
    over = (DevicePairing.offered_at < moment, DevicePairing.expires_at < tx.now)
    tx.execute(delete(DevicePairing).where(*over))


def count_pairings_since(tx: Transaction, moment: datetime) -> int:
    """Return how many were offered since a moment, claimed and replaced ones too."""
    since = DevicePairing.offered_at >= moment
    return tx.scalar(select(func.count()).select_from(DevicePairing).where(since))


def end_pairings_of(tx: Transaction, install_id: str) -> None:
    """Let the codes that a device has shown before be good no more."""
    open_ones = (DevicePairing.install_id == install_id, _UNCLAIMED, DevicePairing.expires_at > tx.now)
    tx.execute(update(DevicePairing).where(*open_ones).values(expires_at=tx.now))


def insert_pairing(tx: Transaction, **values: object) -> None:
    """Store a device that waits."""
    tx.execute(insert(DevicePairing).values(offered_at=tx.now, **values))


def confirm_pairing(tx: Transaction, code_hash: str, terminal_id: int, expires_at: datetime) -> str | None:
    """Give a waiting device its terminal, and return its install id; None when no code is good like that."""
    good = (
        DevicePairing.code_hash == code_hash,
        DevicePairing.terminal_id.is_(None),
        DevicePairing.expires_at > tx.now,
    )
    values = {"terminal_id": terminal_id, "expires_at": expires_at}
    return tx.scalar(update(DevicePairing).where(*good).values(values).returning(DevicePairing.install_id))


def claim_pairing(tx: Transaction, secret_hash: str) -> int | None:
    """Use a confirmed pairing up and return its terminal; None when there is none to be claimed."""
    good = (
        DevicePairing.secret_hash == secret_hash,
        DevicePairing.terminal_id.is_not(None),
        DevicePairing.expires_at > tx.now,
        _UNCLAIMED,
    )
    return tx.scalar(
        update(DevicePairing).where(*good).values(claimed_at=tx.now).returning(DevicePairing.terminal_id)
    )


def select_waiting(reader: Reader, secret_hash: str, now: datetime) -> Row | None:
    """Return whether a pairing that is good has been confirmed, and until when it is good."""
    columns = (DevicePairing.terminal_id.is_not(None).label("is_confirmed"), DevicePairing.expires_at)
    good = (DevicePairing.secret_hash == secret_hash, DevicePairing.expires_at > now, _UNCLAIMED)
    return reader.one(select(*columns).where(*good))
