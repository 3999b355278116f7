"""Opens wallets and puts money on them."""

from __future__ import annotations

from ledger.domain.wallets import pairing
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.queries import wallet_by_code
from ledger.domain.wallets.records import WalletRecord
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger

TOKEN = "04A2247E"


def open_wallet(
    ledger: Ledger,
    token_id: str | None = TOKEN,
    *,
    balance_cents: int = 0,
    overdraft_limit_cents: int = 0,
    user_name: str | None = None,
    currency: str = "EUR",
) -> WalletRecord:
    """Open a wallet that hangs on a token and holds so much money."""
    wallet = ledger.run(
        pairing.open_wallet,
        actor=operator_on_this_machine(),
        currency=currency,
        token_id=token_id,
        user_name=user_name,
        overdraft_limit_cents=overdraft_limit_cents,
    ).answer
    return top_up(ledger, wallet.code, balance_cents) if balance_cents else wallet


def top_up(ledger: Ledger, wallet_code: str, amount_cents: int) -> WalletRecord:
    """Credit cash by hand."""
    arguments = {"wallet_code": wallet_code, "amount_cents": amount_cents, "description": "Start"}
    return ledger.run(top_up_by_hand, actor=operator_on_this_machine(), **arguments).answer


def balance_cents(ledger: Ledger, wallet: WalletRecord) -> int:
    """Return what the books say is on a wallet now."""
    return ledger.read(wallet_by_code, code=wallet.code).balance_cents
