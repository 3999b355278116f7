"""Money: whole cents within bounds, nothing else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.foundation.money import MAX_AMOUNT_CENTS, InvalidAmount, format_cents, require_amount_cents

LARGEST_SUM = 2**63 - 1


@given(st.integers(1, MAX_AMOUNT_CENTS))
def test_every_whole_amount_within_the_bounds_is_taken_as_it_is(cents):
    assert require_amount_cents(cents) == cents


@given(st.integers(max_value=0) | st.integers(min_value=MAX_AMOUNT_CENTS + 1))
def test_no_amount_beyond_the_bounds_is_taken(cents):
    with pytest.raises(InvalidAmount):
        require_amount_cents(cents)


@pytest.mark.parametrize(
    "value",
    [True, 1.0, 0.5, "1", b"1", None, Decimal(1), Fraction(1), [1], float("nan"), float("inf"), 10**400],
)
def test_what_is_no_integer_is_no_amount(value):
    with pytest.raises(InvalidAmount):
        require_amount_cents(value)


def test_ten_thousand_million_of_the_largest_amounts_fit_into_a_database_sum():
    assert 10**10 * MAX_AMOUNT_CENTS <= LARGEST_SUM


@pytest.mark.parametrize(
    ("cents", "written"),
    [
        (0, "0.00 EUR"),
        (5, "0.05 EUR"),
        (-5, "-0.05 EUR"),
        (-1234, "-12.34 EUR"),
        (100, "1.00 EUR"),
        (-100, "-1.00 EUR"),
        (10**15 + 1, "10000000000000.01 EUR"),
    ],
)
def test_amounts_are_written_to_the_cent(cents, written):
    assert format_cents(cents, "EUR") == written


@given(st.integers(-(2**63), 2**63))
def test_a_written_amount_reads_back_exactly(cents):
    assert Decimal(format_cents(cents, "EUR").split()[0]) * 100 == cents
