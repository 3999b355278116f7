"""The rules of the buffered credit: wrap, overflow, reset, null pairs, and the first poll after a restart."""

import pytest
from drivers.credit_buffer import LOST, NEWS, RESET, UNKNOWN, compare, mark_of, of_mark, steps
from hypothesis import given
from hypothesis import strategies as st

FIVE = [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]


def reading(counter, *pairs):
    """Return the buffer with these pairs, newest first, and null pairs behind them."""
    filled = [*pairs, *[(0, 0)] * (5 - len(pairs))]
    return bytes([counter, *(byte for pair in filled for byte in pair)])


@pytest.mark.parametrize(("was", "count", "now"), [(1, 1, 2), (3, 0, 3), (100, 5, 105), (254, 1, 255)])
def test_new_events_are_the_difference(was, count, now):
    new = [(6, 1)] * count
    assert compare(reading(was, *FIVE), reading(now, *(new + FIVE)[:5])) == (NEWS, count)


@pytest.mark.parametrize(("was", "count", "now"), [(255, 1, 1), (254, 2, 1), (253, 4, 2), (251, 5, 1)])
def test_after_255_comes_1_and_the_difference_is_taken_over_255(was, count, now):
    new = [(6, 1)] * count
    assert compare(reading(was, *FIVE), reading(now, *(new + FIVE)[:5])) == (NEWS, count)


@pytest.mark.parametrize(("was", "now"), [(1, 7), (100, 200), (252, 3), (9, 8)])
def test_more_than_five_new_events_are_coins_lost(was, now):
    what, count = compare(reading(was, *FIVE), reading(now, *FIVE))
    assert (what, count) == (LOST, (now - was) % 255)


def test_counter_0_after_another_value_is_a_reset():
    assert compare(reading(17, *FIVE), reading(0)) == (RESET, 0)


def test_counter_0_after_0_is_nothing_new_and_the_first_coin_after_it_counts():
    assert compare(reading(0), reading(0)) == (NEWS, 0)
    assert compare(reading(0), reading(2, (3, 1), (2, 1))) == (NEWS, 2)


@pytest.mark.parametrize("events", [1, 2, 3, 4])
@pytest.mark.parametrize("was", [251, 252, 253, 254, 255])
def test_a_reset_that_events_have_followed_looks_like_a_wrap_and_null_pairs_give_it_away(was, events):
    assert compare(reading(was, *FIVE), reading(events, *[(6, 1)] * events)) == (RESET, 0)


def test_a_reset_that_looks_like_new_events_is_given_away_by_older_pairs_that_are_others():
    before = reading(2, (1, 1), (2, 1))
    assert compare(before, reading(3, (6, 1), (5, 1), (4, 1))) == (RESET, 0)
    assert compare(before, reading(3, (6, 1), (1, 1), (2, 1))) == (NEWS, 1)


def test_the_same_counter_over_other_pairs_is_a_reset():
    assert compare(reading(2, (1, 1), (2, 1)), reading(2, (1, 1), (3, 1))) == (RESET, 0)


def test_without_a_reading_before_nothing_is_known():
    assert compare(None, reading(17, *FIVE)) == (UNKNOWN, 0)


@pytest.mark.parametrize("mark", [None, "", "11", "1", "0g" * 11, "00" * 12])
def test_a_mark_that_is_none_is_no_reading(mark):
    assert of_mark(mark) is None


@given(st.binary(min_size=11, max_size=11))
def test_a_mark_is_the_reading(data):
    assert of_mark(mark_of(data)) == data


@given(st.integers(1, 600), st.integers(0, 5))
def test_each_step_is_what_one_reading_more_would_have_shown(events, count):
    history = [(number % 16 + 1, number % 7 + 1) for number in range(events + count)]

    def after(number):
        counter = (number - 1) % 255 + 1 if number else 0
        return reading(counter, *reversed(history[max(0, number - 5) : number]))

    before, now = after(events), after(events + count)
    assert compare(before, now) == (NEWS, count)
    assert steps(before, now, count) == [after(events + step) for step in range(1, count + 1)]
