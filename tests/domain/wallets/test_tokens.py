"""How tokens are compared: by what they are, not by how somebody wrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.wallets.errors import InvalidToken, RandomToken
from ledger.domain.wallets.rules import normalised_token, require_pairable_token

UIDS = st.binary(min_size=4, max_size=10)


@given(uid=UIDS, separator=st.sampled_from(["", ":", "-", " "]), upper=st.booleans())
def test_a_uid_is_the_same_however_its_bytes_are_written(uid, separator, upper):
    written = separator.join(f"{byte:02x}" for byte in uid)
    assert normalised_token(written.upper() if upper else written) == uid.hex().upper()


@given(st.text(max_size=64))
def test_normalising_twice_is_normalising_once(token):
    assert normalised_token(normalised_token(token)) == normalised_token(token)


@given(one=UIDS, other=UIDS)
def test_two_uids_are_never_one_token(one, other):
    assert (normalised_token(one.hex()) == normalised_token(other.hex())) == (one == other)


@pytest.mark.parametrize(
    ("token", "normalised"),
    [
        ("key-fob 7", "KEY-FOB 7"),
        ("Badge:42", "BADGE:42"),
        ("de-ad:be ef", "DEADBEEF"),
        ("-", "-"),
        ("", ""),
    ],
)
def test_separators_are_dropped_from_uids_only(token, normalised):
    assert normalised_token(token) == normalised


@pytest.mark.parametrize("token", ["0", "x" * 64, "04A2247E", "04 a2", "ключ", "🔑"])
def test_what_can_be_read_can_be_a_token(token):
    assert require_pairable_token(token) == normalised_token(token)


@pytest.mark.parametrize("token", ["", " ", " 04A2", "04A2 ", "04\nA2", "04\x00A2", "x" * 65, "a\ud800"])
def test_what_cannot_be_read_is_no_token(token):
    with pytest.raises(InvalidToken) as refused:
        require_pairable_token(token)
    assert list(refused.value.fields) == ["token_id"]


@pytest.mark.parametrize("token", ["ß" * 64, "ŉ" * 40])
def test_a_token_that_grows_when_it_is_compared_still_fits(token):
    with pytest.raises(InvalidToken):
        require_pairable_token(token)


@pytest.mark.parametrize("token", ["08123456", "08:12:34:56", "08-ab-cd-ef", "08 ab cd ef", "08abcdef"])
def test_a_number_that_changes_at_every_tap_is_no_token(token):
    with pytest.raises(RandomToken):
        require_pairable_token(token)


@pytest.mark.parametrize("token", ["0812345678ABCD", "80123456", "081234", "08NOTHEX", "0408123456"])
def test_only_a_single_size_uid_that_begins_with_08_is_random(token):
    assert require_pairable_token(token)
