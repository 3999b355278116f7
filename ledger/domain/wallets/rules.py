"""What wallets decide, purely."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from ledger.domain.books.records import Entry, PostingKind, PostingRecord
from ledger.domain.devices.records import TerminalRecord
from ledger.domain.wallets.errors import CoinsDoNotAddUp, InvalidToken, InvalidWallet, RandomToken
from ledger.domain.wallets.records import Label, WalletRecord
from ledger.foundation.errors import Invalid
from ledger.foundation.money import MAX_AMOUNT_CENTS
from ledger.foundation.text import is_text

# Cash that staff take by hand lies in the house's own till until tills belong to registers.
HOUSE_TILL = "house"
PAIRING_CODE_LIFETIME = timedelta(minutes=10)
DESCRIPTION_LENGTH = 255
TAG_LENGTH = 64
TOKEN_LENGTH = 64
USER_NAME_LENGTH = 64
_SEPARATORS = re.compile(r"[:\- ]")
_HEX = re.compile(r"[0-9A-F]+")


def normalised_token(given: str) -> str:
    """Return the form under which a token is compared (TRAPS.md T-22).

    Upper case; a hardware UID also without the separators that some readers put between its bytes.
    """
    upper = given.upper()
    bare = _SEPARATORS.sub("", upper)
    return bare if _HEX.fullmatch(bare) else upper


def is_weak_token(given: str) -> bool:
    """Say whether a token's UID has four bytes: such UIDs are not unique in the world."""
    token = normalised_token(given)
    return len(token) == 8 and bool(_HEX.fullmatch(token))


def require_pairable_token(given: str) -> str:
    """Return the normalised token, or refuse with InvalidToken or RandomToken what no wallet may hang on."""
    token = normalised_token(given)
    # Some letters become two in upper case: both forms are kept, so both must fit.
    fits = 1 <= len(given) <= TOKEN_LENGTH and len(token) <= TOKEN_LENGTH
    if not fits or not given.isprintable() or given != given.strip():
        raise InvalidToken(fields={"token_id": [InvalidToken.message]})
    # ISO 14443-3: a single-size UID whose first byte is 08 is drawn anew at every activation.
    if len(token) == 8 and token.startswith("08") and _HEX.fullmatch(token):
        raise RandomToken(fields={"token_id": [RandomToken.message]})
    return token


def require_label(description: str, tag: str | None = None) -> Label:
    """Return the label, or refuse with Invalid a description or tag that is missing, too long or not text."""
    fields = {}
    if not is_text(description, DESCRIPTION_LENGTH):
        fields["description"] = [f"A description has 1 to {DESCRIPTION_LENGTH} characters."]
    if tag is not None and not is_text(tag, TAG_LENGTH):
        fields["tag"] = [f"A tag has 1 to {TAG_LENGTH} characters."]
    if fields:
        raise Invalid(fields=fields)
    return Label(description, tag)


def taking(
    wallet: WalletRecord, terminal: TerminalRecord, amount_cents: int, kind: PostingKind, label: Label
) -> Entry:
    """Return the entry by which a terminal takes money: wallet -> the terminal's sales."""
    return Entry(
        source_id=wallet.account_id,
        destination_id=terminal.sales_account_id,
        amount_cents=amount_cents,
        kind=kind,
        terminal_id=terminal.id,
        **vars(label),
    )


def crediting(
    wallet: WalletRecord,
    cash_account_id: int,
    amount_cents: int,
    label: Label,
    terminal_id: int | None = None,
) -> Entry:
    """Return the entry by which cash becomes money on a wallet: box or till -> wallet."""
    return Entry(
        source_id=cash_account_id,
        destination_id=wallet.account_id,
        amount_cents=amount_cents,
        kind=PostingKind.TOP_UP,
        terminal_id=terminal_id,
        **vars(label),
    )


def require_wallet(user_name: str | None, overdraft_limit_cents: int) -> None:
    """Refuse with InvalidWallet a name or a limit that cannot be."""
    fields = {}
    if user_name is not None and not is_text(user_name, USER_NAME_LENGTH):
        fields["user"] = [f"A user's name has 1 to {USER_NAME_LENGTH} characters."]
    if type(overdraft_limit_cents) is not int or not 0 <= overdraft_limit_cents <= MAX_AMOUNT_CENTS:
        fields["overdraft_limit"] = [
            f"An overdraft limit is a whole number of cents from 0 to {MAX_AMOUNT_CENTS}."
        ]
    if fields:
        raise InvalidWallet(fields=fields)


def require_coins(coins: Sequence[Mapping[str, int]], amount_cents: int) -> None:
    """Refuse with CoinsDoNotAddUp coins (denomination in cents, count) whose sum is not the amount.

    Both are whole and above zero: a negative coin would hide how many lie in the box.
    """
    numbers = [number for coin in coins for number in (coin["denomination"], coin["count"])]
    are_coins = all(type(number) is int and number > 0 for number in numbers)
    if not are_coins or (coins and _worth_cents(coins) != amount_cents):
        raise CoinsDoNotAddUp(fields={"coins": [CoinsDoNotAddUp.message]})


def _worth_cents(coins: Sequence[Mapping[str, int]]) -> int:
    return sum(coin["denomination"] * coin["count"] for coin in coins)


def signed_amount_cents(posting: PostingRecord, account_id: int) -> int:
    """Return a posting's amount as an account's holder sees it: what comes in is positive."""
    return posting.amount_cents if posting.destination_id == account_id else -posting.amount_cents
