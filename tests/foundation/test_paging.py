"""Pages: the one item too many proves that there is more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.foundation.paging import Page


@given(items=st.lists(st.integers(), max_size=8), limit=st.integers(1, 8))
def test_a_page_holds_at_most_its_limit_and_says_truly_whether_there_is_more(items, limit):
    page = Page.of(items[: limit + 1], limit)
    assert page.items == tuple(items[:limit])
    assert page.has_more == (len(items) > limit)
