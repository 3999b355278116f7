"""Tables of the catalogue: variants and terminals' assortments; and every statement on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, bindparam, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from ledger.storage.columns import Base
from ledger.storage.prepared import Prepared
from ledger.storage.tables import insert_if_absent_of
from ledger.storage.transaction import Reader, Row, Transaction


class Variant(Base):
    """What can be sold (DOMAIN.md §1: the sellable is the variant)."""

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("price_cents > 0", name="price_positive"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(64))
    price_cents: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class TerminalProduct(Base):
    """A variant in a terminal's assortment; its own price there wins over the variant's."""

    __tablename__ = "terminal_products"
    __table_args__ = (CheckConstraint("price_cents > 0", name="price_positive"),)

    terminal_id: Mapped[int] = mapped_column(ForeignKey("terminals.id"), primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    position: Mapped[int]
    price_cents: Mapped[int | None] = mapped_column(BigInteger)


_INSERT_VARIANT = insert_if_absent_of(Variant)
_ASSORTMENT = Prepared(
    select(
        Variant.slug,
        Variant.label,
        func.coalesce(TerminalProduct.price_cents, Variant.price_cents).label("price_cents"),
    )
    .join_from(TerminalProduct, Variant)
    .where(TerminalProduct.terminal_id == bindparam("terminal_id"))
    .order_by(TerminalProduct.position),
    is_steady=True,
)


def insert_variant(tx: Transaction, slug: str, label: str, price_cents: int) -> None:
    """Insert a variant unless its slug is known."""
    tx.execute(_INSERT_VARIANT, slug=slug, label=label, price_cents=price_cents, created_at=tx.now)


def select_variant(reader: Reader, slug: str) -> Row:
    """Return a variant that exists."""
    columns = (Variant.id, Variant.label, Variant.price_cents)
    return reader.one(select(*columns).where(Variant.slug == slug))


def insert_terminal_product(tx: Transaction, **values: object) -> None:
    """Put a variant into a terminal's assortment."""
    tx.execute(insert(TerminalProduct).values(**values))


def select_assortment(reader: Reader, terminal_id: int) -> Sequence[Row]:
    """Return a terminal's assortment with the prices that hold there, in its order."""
    return reader.all(_ASSORTMENT, terminal_id=terminal_id)
