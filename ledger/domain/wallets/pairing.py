"""Opens wallets and pairs, unpairs, blocks and replaces their tokens."""

from __future__ import annotations

from ledger.domain.books.commands import open_account
from ledger.domain.books.records import AccountKind
from ledger.domain.wallets import tables
from ledger.domain.wallets.errors import PairingCodeUnknown, TokenNotPaired, TokenTaken
from ledger.domain.wallets.queries import wallet_by_code
from ledger.domain.wallets.records import PairingCodeRecord, WalletRecord
from ledger.domain.wallets.rules import (
    PAIRING_CODE_LIFETIME,
    normalised_token,
    require_pairable_token,
    require_wallet,
)
from ledger.foundation.permissions import Permission
from ledger.foundation.secrets import hash_secret
from ledger.foundation.text import is_storable
from ledger.storage.command import command
from ledger.storage.transaction import Row, Transaction


@command("wallets.open", answers=WalletRecord)
def open_wallet(
    tx: Transaction,
    *,
    currency: str,
    token_id: str | None = None,
    user_name: str | None = None,
    overdraft_limit_cents: int = 0,
) -> WalletRecord:
    """Open an empty wallet, paired with a token if one is given.

    Its balance may go down to minus the overdraft limit. Needs WALLETS_MANAGE. Refuses with
    InvalidWallet, InvalidToken, RandomToken and TokenTaken.
    """
    tx.actor.require(Permission.WALLETS_MANAGE)
    require_wallet(user_name, overdraft_limit_cents)
    code = tx.ids.code("wal")
    account = open_account(tx, AccountKind.WALLET, code, currency, floor_cents=-overdraft_limit_cents)
    wallet_id = tables.insert_wallet(tx, code=code, account_id=account.id, user_name=user_name)
    tx.record("wallet.opened", wallet=code)
    if token_id is not None:
        _pair(tx, wallet_id, code, token_id)
    return wallet_by_code(tx, code=code)


@command("wallets.pair_token", answers=WalletRecord)
def pair_token(tx: Transaction, *, wallet_code: str, token_id: str) -> WalletRecord:
    """Pair a token with a wallet (W7: with one at a time).

    Needs WALLETS_MANAGE. Refuses with WalletUnknown, InvalidToken, RandomToken and TokenTaken.
    """
    tx.actor.require(Permission.WALLETS_MANAGE)
    wallet = wallet_by_code(tx, code=wallet_code)
    _pair(tx, wallet.id, wallet.code, token_id)
    return wallet_by_code(tx, code=wallet_code)


@command("wallets.issue_pairing_code", answers=PairingCodeRecord)
def issue_pairing_code(tx: Transaction, *, wallet_code: str) -> PairingCodeRecord:
    """Let a wallet wait ten minutes for a token that is tapped together with this code.

    Needs WALLETS_MANAGE. Refuses with WalletUnknown.
    """
    tx.actor.require(Permission.WALLETS_MANAGE)
    wallet = wallet_by_code(tx, code=wallet_code)
    pairing_code = tx.ids.pairing_code()
    expires_at = tx.now + PAIRING_CODE_LIFETIME
    tables.insert_pairing_code(
        tx, code_hash=_code_hash(pairing_code), wallet_id=wallet.id, expires_at=expires_at
    )
    tx.record("wallet.pairing_code_issued", wallet=wallet.code)
    return PairingCodeRecord(wallet.code, expires_at, pairing_code)


@command("wallets.pair_by_code", answers=WalletRecord)
def pair_by_code(tx: Transaction, *, token_id: str, pairing_code: str) -> WalletRecord:
    """Pair the token at a terminal with the wallet that waits for this code, once (X-10).

    Needs WALLETS_READ, as any terminal has: the code is the permission. Refuses with
    PairingCodeUnknown, InvalidToken, RandomToken and TokenTaken.
    """
    tx.actor.require(Permission.WALLETS_READ)
    require_pairable_token(token_id)
    wallet_id = tables.use_pairing_code(tx, _code_hash(pairing_code))
    if wallet_id is None:
        raise PairingCodeUnknown
    code = tables.select_wallet(tx, wallet_id).code
    _pair(tx, wallet_id, code, token_id)
    return wallet_by_code(tx, code=code)


@command("wallets.block_token", answers=WalletRecord)
def block_token(tx: Transaction, *, token_id: str) -> WalletRecord:
    """Block a token: it stays with its wallet, but no terminal accepts it any more.

    Needs WALLETS_MANAGE. Refuses with TokenNotPaired.
    """
    pairing = _present_pairing(tx, token_id)
    tables.update_pairing(tx, pairing.id, blocked_at=tx.now)
    return _changed(tx, "wallet.token_blocked", pairing.wallet_id)


@command("wallets.unpair_token", answers=WalletRecord)
def unpair_token(tx: Transaction, *, token_id: str) -> WalletRecord:
    """Take a token, blocked or not, off its wallet; it may then be paired again.

    Needs WALLETS_MANAGE. Refuses with TokenNotPaired.
    """
    pairing = _present_pairing(tx, token_id)
    tables.update_pairing(tx, pairing.id, unpaired_at=tx.now)
    return _changed(tx, "wallet.token_unpaired", pairing.wallet_id)


@command("wallets.replace_token", answers=WalletRecord)
def replace_token(tx: Transaction, *, wallet_code: str, new_token_id: str) -> WalletRecord:
    """Replace a wallet's lost token: the new one is paired, the old one blocked for good.

    Needs WALLETS_MANAGE. Refuses with WalletUnknown, TokenNotPaired (the wallet has no token to
    replace), InvalidToken, RandomToken and TokenTaken.
    """
    tx.actor.require(Permission.WALLETS_MANAGE)
    wallet = wallet_by_code(tx, code=wallet_code)
    tables.lock_wallet(tx, wallet.id)
    lost = tables.select_live_token(tx, wallet.id)
    if lost is None:
        raise TokenNotPaired("This wallet has no token to replace; pair one instead.")
    new_id = _pair(tx, wallet.id, wallet.code, new_token_id)
    tables.update_pairing(tx, lost.id, blocked_at=tx.now, replaced_by_id=new_id)
    return _changed(tx, "wallet.token_replaced", wallet.id)


def _pair(tx: Transaction, wallet_id: int, wallet_code: str, token_id: str) -> int:
    values = {"token_id": require_pairable_token(token_id), "as_given": token_id, "wallet_id": wallet_id}
    pairing_id = tables.insert_pairing(tx, **values)
    if pairing_id is None:
        raise TokenTaken
    tx.record("wallet.token_paired", wallet=wallet_code)
    return pairing_id


def _present_pairing(tx: Transaction, token_id: str) -> Row:
    tx.actor.require(Permission.WALLETS_MANAGE)
    pairing = is_storable(token_id) and tables.lock_pairing(tx, normalised_token(token_id))
    if not pairing:
        raise TokenNotPaired
    return pairing


def _changed(tx: Transaction, event: str, wallet_id: int) -> WalletRecord:
    code = tables.select_wallet(tx, wallet_id).code
    tx.record(event, wallet=code)
    return wallet_by_code(tx, code=code)


def _code_hash(pairing_code: str) -> str:
    return hash_secret(pairing_code.strip().upper())
