"""Money: integer cents within bounds that no sum of ours can overflow."""

from __future__ import annotations

from ledger.foundation.errors import Invalid

# One posting moves at most a million units of currency: more is a typing mistake or an attack.
# 10**10 such postings still fit into the 64 bits of a database's sum.
MAX_AMOUNT_CENTS = 100_000_000


class InvalidAmount(Invalid):
    """An amount is not a whole number of cents within the bounds."""

    code = "invalid_amount"
    message = f"An amount is a whole number of cents from 1 to {MAX_AMOUNT_CENTS}."


def require_amount_cents(value: object) -> int:
    """Return `value` if it is a positive amount of cents that one posting may move.

    Refuses with InvalidAmount: booleans, floats, strings, zero, negative and enormous values.
    """
    if type(value) is not int or not 0 < value <= MAX_AMOUNT_CENTS:
        raise InvalidAmount
    return value


def format_cents(amount_cents: int, currency: str) -> str:
    """Write an amount for people: `-1234, "EUR"` becomes `-12.34 EUR`."""
    sign = "-" if amount_cents < 0 else ""
    units, cents = divmod(abs(amount_cents), 100)
    return f"{sign}{units}.{cents:02d} {currency}"
