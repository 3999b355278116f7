"""What wallets refuse."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Forbidden, Invalid, NotFound


class TokenNotPaired(NotFound):
    """The token is unknown, or was unpaired (S1-02)."""

    code = "token_not_paired"
    message = "This token is not paired to a wallet."


class TokenBlocked(NotFound):
    """The token was blocked or replaced; for a terminal it is as good as unknown (BODIES.md §2)."""

    code = "token_blocked"
    message = "This token is blocked."


class WalletUnknown(NotFound):
    """There is no such wallet."""

    code = "wallet_unknown"
    message = "There is no such wallet."


class InvalidToken(Invalid):
    """What was given cannot be a token's id."""

    code = "invalid_token_id"
    message = "A token's id has 1 to 64 printable characters and no blank at its ends."


class RandomToken(Invalid):
    """The token shows a new number at every tap (a 4-byte UID that begins with 08)."""

    code = "random_token"
    message = "This token shows a new number at every tap and cannot carry a wallet."


class TokenTaken(Conflict):
    """The token is paired already; a token belongs to one wallet at a time (W7)."""

    code = "token_already_paired"
    message = "This token is already paired to a wallet."


class PairingCodeUnknown(NotFound):
    """No wallet waits for this pairing code: it is wrong, used, or too old."""

    code = "pairing_code_unknown"
    message = "No wallet is waiting for this pairing code; ask for a new one."


class CoinsDoNotAddUp(Invalid):
    """The coins named with a top-up are worth something else than its amount."""

    code = "coins_do_not_add_up"
    message = "The coins are not worth the amount."


class InvalidWallet(Invalid):
    """A detail of a wallet is malformed; `fields` says which."""

    code = "invalid_wallet"
    message = "The wallet's details are invalid."


class NotYourTransaction(Forbidden):
    """A terminal takes back its own debits only; what it credited stays credited."""

    code = "reversal_not_permitted"
    message = "Only a terminal's own debits can be reversed by it."
