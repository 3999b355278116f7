"""Ids: of the published form, unguessable, and repeatable when their randomness is given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom

from ledger.foundation.ids import Ids, ScriptedIds


def test_a_code_has_the_published_form():
    assert re.fullmatch(r"wal_[0-9A-Za-z]{16}", Ids().code("wal"))


def test_codes_made_at_a_time_have_the_published_form_and_sort_by_it_in_every_language():
    ids, began = Ids(), datetime(2021, 10, 31, 20, 44, 11, tzinfo=UTC)
    codes = [ids.code("txn", began + timedelta(seconds=number * 37)) for number in range(2000)]
    assert all(re.fullmatch(r"txn_[0-9A-Za-z]{16}", code) for code in codes)
    assert sorted(codes) == codes
    assert sorted(codes, key=str.lower) == codes


def test_a_time_says_nothing_about_the_rest_of_a_code():
    at = datetime(2021, 10, 31, 20, 44, 11, tzinfo=UTC)
    codes = [Ids().code("txn", at) for _ in range(1000)]
    assert len({code[-9:] for code in codes}) == 1000


def test_a_secret_is_longer_than_any_guess_and_safe_in_a_header():
    secret = Ids().secret()
    assert re.fullmatch(r"[0-9A-Za-z]+", secret)
    assert 62 ** len(secret) > 2**256


def test_a_pairing_code_has_no_letters_that_are_mistaken_for_each_other():
    codes = "".join(Ids().pairing_code() for _ in range(200))
    assert set("0O1IL") & set(codes) == set()
    assert codes == codes.upper()
    assert len(codes) == 8 * 200


def test_nothing_is_drawn_twice():
    ids = Ids()
    assert len({ids.code("txn") for _ in range(1000)}) == 1000


def test_randomness_is_the_systems_own_unless_another_is_given():
    assert type(Ids()._random) is SystemRandom
    assert Ids(Random(1)).secret() == Ids(Random(1)).secret()
    assert Ids(Random(1)).secret() != Ids(Random(2)).secret()


def test_scripted_codes_come_first_and_each_for_its_own_prefix():
    ids = ScriptedIds(["txn_a", "wal_1", "wal_2"])
    at = datetime(2021, 10, 31, tzinfo=UTC)
    assert [ids.code("wal"), ids.code("wal"), ids.code("txn", at)] == ["wal_1", "wal_2", "txn_a"]
    assert re.fullmatch(r"wal_[0-9A-Za-z]{16}", ids.code("wal"))


def test_secrets_are_never_scripted():
    assert ScriptedIds(["wal_1"]).secret() != ScriptedIds(["wal_1"]).secret()
