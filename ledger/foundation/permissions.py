"""What an actor may be allowed to do."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a terminal or an operator may do."""

    WALLETS_READ = "wallets.read"
    WALLETS_DEBIT = "wallets.debit"
    WALLETS_CREDIT = "wallets.credit"
    WALLETS_MANAGE = "wallets.manage"
    TERMINALS_MANAGE = "terminals.manage"
    OPERATORS_MANAGE = "operators.manage"
    PAIRING_ASK = "pairing.ask"
    SIGN_IN = "sign_in"
    HISTORY_SEAL = "history.seal"
