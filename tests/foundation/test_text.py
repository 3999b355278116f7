"""Text: what people can read and every database can keep."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.foundation.text import is_storable, is_text


@pytest.mark.parametrize("value", ["a", "x" * 9, "Müsli 🍵", "日本", " a ", "two\nlines"])
def test_text_of_any_script_is_text(value):
    assert is_text(value, 9)


@pytest.mark.parametrize("value", ["", " ", "\t\n", "x" * 10, "a\x00", "\x00", "\ud83d", "a\udfffb"])
def test_nothing_blank_too_long_or_unkeepable_is_text(value):
    assert not is_text(value, 9)


@given(st.text(st.characters(codec=None, categories=None), max_size=20))
def test_storable_is_exactly_what_comes_back_from_a_database(value):
    try:
        kept = sqlite3.connect(":memory:").execute("SELECT ?", (value,)).fetchone()[0] == value
    except UnicodeEncodeError:
        kept = False
    # SQLite itself keeps NUL; PostgreSQL does not.
    assert is_storable(value) == (kept and "\x00" not in value)
