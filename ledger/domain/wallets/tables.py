"""Tables of wallets: wallets, tokens, pairing codes; and every statement on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from ledger.domain.books.tables import (
    ACCOUNT_COLUMNS,
    BALANCE_COLUMNS,
    Account,
    AccountBalance,
    AccountRow,
    BalanceRow,
    foresee_account,
    foresee_balance,
)
from ledger.storage.bulk import is_among, sent
from ledger.storage.columns import Base
from ledger.storage.prepared import Prepared
from ledger.storage.tables import insert_if_absent_of
from ledger.storage.transaction import Reader, Row, Transaction

_PAIRED = text("unpaired_at IS NULL")


class Wallet(Base):
    """A place that stores transactions for one person (terminal.txt)."""

    __tablename__ = "wallets"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), unique=True)
    user_name: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]


class WalletToken(Base):
    """A token's time with a wallet. Rows stay when it ends, so that a lost token can be recognised."""

    __tablename__ = "wallet_tokens"
    __table_args__ = (
        # W7, by the database itself: one wallet at a time.
        Index(
            "uq_wallet_tokens_paired", "token_id", unique=True, sqlite_where=_PAIRED, postgresql_where=_PAIRED
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[str] = mapped_column(String(64))
    as_given: Mapped[str] = mapped_column(String(64))
    wallet_id: Mapped[int] = mapped_column(ForeignKey("wallets.id"), index=True)
    paired_at: Mapped[datetime]
    unpaired_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("wallet_tokens.id"))


class PairingCode(Base):
    """A wallet that waits for a token, kept by the hash of the code that was shown."""

    __tablename__ = "pairing_codes"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    wallet_id: Mapped[int] = mapped_column(ForeignKey("wallets.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


_WALLET_COLUMNS = (
    *(Wallet.id, Wallet.code, Wallet.account_id, Wallet.user_name, Wallet.created_at),
    *(AccountBalance.balance_cents, AccountBalance.floor_cents, Account.currency),
)
_TAPPED_COLUMNS = (*_WALLET_COLUMNS, WalletToken.blocked_at)


def _wallets(*columns: ColumnElement) -> Select:
    joined = select(*(columns or _WALLET_COLUMNS)).select_from(Wallet)
    joined = joined.join(Account, Account.id == Wallet.account_id)
    return joined.join(AccountBalance, AccountBalance.account_id == Wallet.account_id)


def _tapped_wallets(*columns: ColumnElement) -> Select:
    paired = _wallets(*columns).join(WalletToken, WalletToken.wallet_id == Wallet.id)
    return paired.where(WalletToken.unpaired_at.is_(None))


def _foreseen_wallets(dialect_name: str) -> Select:
    columns = (WalletToken.token_id, *_TAPPED_COLUMNS, *ACCOUNT_COLUMNS, *BALANCE_COLUMNS)
    tapped = _tapped_wallets(*(column.label(f"column_{number}") for number, column in enumerate(columns)))
    tapped = tapped.where(is_among(dialect_name, WalletToken.token_id, "token_ids"))
    return tapped.order_by(Account.id).with_for_update(of=AccountBalance, key_share=True)


_INSERT_PAIRING = insert_if_absent_of(WalletToken)
_WALLET_BY_TOKEN = Prepared(
    _tapped_wallets(*_TAPPED_COLUMNS).where(WalletToken.token_id == bindparam("token_id"))
)
_FORESEEN_WALLETS = Prepared(_foreseen_wallets)


def select_wallet_by_token(reader: Reader, token_id: str) -> Row | None:
    """Return the wallet that a token is paired with, and since when the token is blocked."""
    return reader.one(_WALLET_BY_TOKEN, token_id=token_id)


def foresee_wallets(reader: Reader, token_ids: Sequence[str]) -> None:
    """Let a group find these tokens' wallets and their accounts without asking again.

    Nobody else moves their money until the transaction ends: the balances are locked, in the order of
    their accounts.
    """
    reader.expect(_FORESEEN_WALLETS, partial(_remember, reader, token_ids), token_ids=sent(token_ids))


def _remember(reader: Reader, token_ids: Sequence[str], rows: Iterable[Sequence]) -> None:
    found = {token_id: values for token_id, *values in rows}
    of_account, of_balance = len(_TAPPED_COLUMNS), len(_TAPPED_COLUMNS) + len(ACCOUNT_COLUMNS)
    for token_id in token_ids:
        row = found.get(token_id)
        reader.foresee_rows(_WALLET_BY_TOKEN, [] if row is None else [row[:of_account]], token_id=token_id)
        if row is not None:
            foresee_account(reader, AccountRow(*row[of_account:of_balance]))
            foresee_balance(reader, row[of_account], BalanceRow(*row[of_balance:]))


def select_wallet_by_code(reader: Reader, code: str) -> Row | None:
    """Return a wallet by its public code."""
    return reader.one(_wallets().where(Wallet.code == code))


def select_wallet(reader: Reader, wallet_id: int) -> Row:
    """Return a wallet that exists, by id."""
    return reader.one(_wallets().where(Wallet.id == wallet_id))


def select_wallet_by_account(reader: Reader, account_id: int) -> Row | None:
    """Return the wallet that an account belongs to."""
    return reader.one(_wallets().where(Wallet.account_id == account_id))


def select_wallets(reader: Reader) -> Sequence[Row]:
    """Return every wallet, oldest first."""
    return reader.all(_wallets().order_by(Wallet.id))


def select_money_beside(reader: Reader, user_prefix: str) -> Row:
    """Return how many wallets of whom no name begins so hold money, and how much of it."""
    is_other = func.coalesce(Wallet.user_name, "").not_like(f"{user_prefix}%")
    held = select(func.count(), func.coalesce(func.sum(AccountBalance.balance_cents), 0)).select_from(Wallet)
    held = held.join(AccountBalance, AccountBalance.account_id == Wallet.account_id)
    return reader.one(held.where(is_other, AccountBalance.balance_cents != 0))


def insert_wallet(tx: Transaction, **values: object) -> int:
    """Insert a wallet and return its id."""
    return tx.scalar(insert(Wallet).values(created_at=tx.now, **values).returning(Wallet.id))


def lock_pairing(tx: Transaction, token_id: str) -> Row | None:
    """Return a token's pairing, blocked or not, which nobody else changes until this transaction ends."""
    columns = (WalletToken.id, WalletToken.wallet_id, WalletToken.blocked_at)
    present = (WalletToken.token_id == token_id, WalletToken.unpaired_at.is_(None))
    return tx.one(select(*columns).where(*present).with_for_update(key_share=True))


def lock_wallet(tx: Transaction, wallet_id: int) -> None:
    """Let nobody else change this wallet's tokens until this transaction ends; money moves on meanwhile."""
    tx.one(select(Wallet.id).where(Wallet.id == wallet_id).with_for_update(key_share=True))


def select_live_token(reader: Reader, wallet_id: int) -> Row | None:
    """Return the token that was paired last with a wallet and is neither blocked nor unpaired."""
    live = (
        WalletToken.wallet_id == wallet_id,
        WalletToken.unpaired_at.is_(None),
        WalletToken.blocked_at.is_(None),
    )
    columns = (WalletToken.id, WalletToken.token_id, WalletToken.as_given)
    return reader.one(select(*columns).where(*live).order_by(WalletToken.id.desc()))


def insert_pairing(tx: Transaction, **values: object) -> int | None:
    """Pair a token and return the pairing's id, or None when it is paired already."""
    return tx.scalar(_INSERT_PAIRING, paired_at=tx.now, **values)


def update_pairing(tx: Transaction, pairing_id: int, **values: object) -> None:
    """Block or unpair a token."""
    tx.execute(update(WalletToken).where(WalletToken.id == pairing_id).values(**values))


def insert_pairing_code(tx: Transaction, **values: object) -> None:
    """Store a pairing code."""
    tx.execute(insert(PairingCode).values(**values))


def use_pairing_code(tx: Transaction, code_hash: str) -> int | None:
    """Use up a pairing code that is still good and return its wallet; None when there is none such."""
    good = (
        PairingCode.code_hash == code_hash,
        PairingCode.used_at.is_(None),
        PairingCode.expires_at > tx.now,
    )
    return tx.scalar(update(PairingCode).where(*good).values(used_at=tx.now).returning(PairingCode.wallet_id))
