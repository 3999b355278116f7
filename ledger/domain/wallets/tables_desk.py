"""Statements of the desk: who is looked for."""

from __future__ import annotations

from sqlalchemy import or_, select

from ledger.domain.wallets.tables import Wallet, WalletToken
from ledger.storage.transaction import Reader


def select_codes(reader: Reader, text: str, token: str, limit: int) -> list[str]:
    """Return the codes of wallets with this in a name, a code or a token that is not taken off, by name."""
    tokens = select(WalletToken.wallet_id).where(
        WalletToken.unpaired_at.is_(None), WalletToken.token_id.contains(token, autoescape=True)
    )
    named = Wallet.user_name.icontains(text, autoescape=True)
    found = select(Wallet.code).where(or_(named, Wallet.code == text, Wallet.id.in_(tokens)))
    rows = reader.all(found.order_by(Wallet.user_name, Wallet.id).limit(limit))
    return [row.code for row in rows]
