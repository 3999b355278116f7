"""What the books refuse."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Invalid, NotFound


class FloorReached(Conflict):
    """The source account would come under its floor (W3). `balance_cents` says what is there.

    Where a part of it is held, `available_cents` says how much may still be taken.
    """

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


class HoldUnknown(NotFound):
    """There is no hold of that code."""

    code = "hold_unknown"
    message = "There is no such hold."


class HoldClosed(Conflict):
    """The hold has been captured or released; it ends once."""

    code = "hold_closed"
    message = "This hold has already been captured or released."


class HoldExpired(Conflict):
    """The hold's time was over before it was captured; what it held is free again."""

    code = "hold_expired"
    message = "This hold's time is over; nothing was booked."


class CaptureExceedsHold(Invalid):
    """More is to be captured than was held."""

    code = "capture_exceeds_hold"
    message = "No more can be captured than is held."
