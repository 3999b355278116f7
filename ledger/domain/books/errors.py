"""What the books refuse."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Invalid


class FloorReached(Conflict):
    """The posting would take the source account under its floor (W3). `balance_cents` says what is there."""

    code = "insufficient_balance"
    message = "Insufficient balance."


class InvalidPosting(Invalid):
    """A posting from an account to itself, or between two currencies."""

    code = "invalid_posting"
    message = "A posting moves money between two different accounts of one currency."


class AlreadyReversed(Conflict):
    """The posting has been reversed before; money goes back once."""

    code = "already_reversed"
    message = "This transaction has already been reversed."


class NotReversible(Conflict):
    """A reversal is final; a new posting corrects it."""

    code = "not_reversible"
    message = "A reversal cannot be reversed; book a new transaction instead."


class PostingUnknown(Invalid):
    """There is no posting of that code."""

    code = "transaction_unknown"
    message = "There is no such transaction."
