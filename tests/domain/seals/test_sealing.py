"""Sealing: every settled posting once, in a chain that anybody can compute again."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.books.queries import settled_posting_id
from ledger.domain.seals import rules
from ledger.domain.seals.commands import append_seal
from ledger.domain.seals.errors import InvalidSeal, SealOutrun
from ledger.domain.seals.queries import newest_seal, next_block
from ledger.foundation.actor import PermissionMissing
from ledger.storage import settled
from ledger.storage.answers import plain
from ledger.storage.settled import HistoryUnsettled
from tests.factories.ledgers import count, raw_connection, rows
from tests.factories.seals import seal
from tests.factories.terminals import install
from tests.factories.wallets import open_wallet, top_up


def _post(ledger, times):
    wallet = open_wallet(ledger, None)
    for _ in range(times):
        top_up(ledger, wallet.code, 100)


def test_each_posting_is_sealed_once_in_a_chain(ledger, monkeypatch):
    monkeypatch.setattr("ledger.domain.seals.queries.BLOCK_POSTINGS", 3)
    _post(ledger, 7)
    first, second, third = seal(ledger)
    assert [one.posting_count for one in (first, second, third)] == [3, 3, 1]
    assert first.previous_hash == rules.FIRST_PREVIOUS_HASH
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    assert second.from_posting_id == first.to_posting_id + 1
    assert seal(ledger) == []
    _post(ledger, 1)
    [fourth] = seal(ledger)
    assert (fourth.previous_hash, ledger.read(newest_seal)) == (third.hash, fourth)


def test_a_seal_is_what_anybody_computes_from_the_documented_bytes(ledger):
    _post(ledger, 1)
    [one] = seal(ledger)
    [(*values, recorded_at)] = rows(ledger, f"SELECT {', '.join(rules.POSTING_FIELDS)} FROM postings")
    posting = json.dumps([*values, f"{recorded_at.replace(' ', 'T')}+00:00"], separators=(",", ":"))
    postings_hash = hashlib.sha256(f"{posting}\n".encode()).hexdigest()
    bounds = f'"{"0" * 64}",{one.from_posting_id},{one.to_posting_id},1'
    line = f'[{bounds},"{postings_hash}","2021-10-31T20:44:11.000000+00:00"]\n'
    assert one.hash == hashlib.sha256(line.encode()).hexdigest()


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.lists(st.none() | st.integers() | TEXT, max_size=4)


@given(VALUES, VALUES)
def test_two_postings_share_a_hash_only_if_they_are_the_same(one, other):
    at = datetime(2026, 11, 21, tzinfo=UTC)
    hashes = []
    for values in (one, other):
        digest = rules.PostingsDigest()
        digest.add([*values, at])
        hashes.append(digest.hash())
    assert (hashes[0] == hashes[1]) == (one == other)


def test_a_moment_is_hashed_the_same_in_every_time_zone():
    hashes = set()
    for zone in (UTC, timezone(timedelta(hours=5, minutes=45))):
        digest = rules.PostingsDigest()
        digest.add([1, datetime(2026, 11, 21, 12, tzinfo=UTC).astimezone(zone)])
        hashes.add(digest.hash())
    assert len(hashes) == 1


def test_of_two_that_seal_the_same_postings_the_second_is_refused(ledger, operator):
    _post(ledger, 2)
    block = ledger.read(next_block, settled_id=settled_posting_id(ledger.database))
    ledger.run(append_seal, actor=operator, block=block)
    with pytest.raises(SealOutrun):
        ledger.run(append_seal, actor=operator, block=block)
    assert count(ledger, "seals") == 1


def test_a_terminal_seals_nothing(ledger):
    _post(ledger, 1)
    block = ledger.read(next_block, settled_id=settled_posting_id(ledger.database))
    with pytest.raises(PermissionMissing):
        ledger.run(append_seal, actor=install(ledger).actor, block=block)


def test_an_empty_ledger_has_nothing_to_seal(ledger):
    assert seal(ledger) == []
    assert ledger.read(newest_seal) is None


@pytest.mark.parametrize("statement", ["UPDATE seals SET hash = 'x'", "DELETE FROM seals"])
def test_the_database_refuses_to_change_or_delete_a_seal(ledger, statement):
    _post(ledger, 1)
    seal(ledger)
    with pytest.raises(Exception, match="append only"), raw_connection(ledger) as connection:
        connection.execute(statement)
    assert count(ledger, "seals") == 1


COLUMNS = "source_id, destination_id, amount_cents, kind, description, command_id, recorded_at"
UNDER_WAY = f"INSERT INTO postings (code, {COLUMNS}) SELECT 'txn_slow', {COLUMNS} FROM postings LIMIT 1"


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_a_posting_that_is_still_under_way_is_waited_for(ledger):
    _post(ledger, 1)
    sealed = []
    with raw_connection(ledger) as slow:
        slow.execute(UNDER_WAY)
        # It has drawn a lower id than this one, and is committed after it.
        _post(ledger, 1)
        sealing = threading.Thread(target=lambda: sealed.extend(seal(ledger)))
        sealing.start()
        sealing.join(timeout=0.5)
        assert sealing.is_alive()
        slow.rollback()
    sealing.join()
    assert [one.posting_count for one in sealed] == [2]


@pytest.mark.parametrize("database_name", ["postgresql"], indirect=True)
def test_who_writes_for_too_long_is_not_sealed_over(ledger, monkeypatch):
    monkeypatch.setattr(settled, "PATIENCE_S", 0.1)
    _post(ledger, 1)
    with raw_connection(ledger) as slow:
        slow.execute(UNDER_WAY)
        _post(ledger, 1)
        with pytest.raises(HistoryUnsettled):
            seal(ledger)
        slow.rollback()
    assert [one.posting_count for one in seal(ledger)] == [2]


def test_an_export_is_read_as_it_was_written(ledger):
    _post(ledger, 1)
    [one] = seal(ledger)
    _post(ledger, 1)
    [other] = seal(ledger)
    text = f"{rules.export_line(other)}\n\n{rules.export_line(one)}\n"
    assert rules.exported_seals(text) == [one, other]


@pytest.mark.parametrize(
    "changed", [{"sealed_at": "2026-11-21"}, {"from_posting_id": 0}, {"hash": None}, None]
)
def test_what_is_no_export_is_refused(ledger, changed):
    _post(ledger, 1)
    [one] = seal(ledger)
    values = {name: value for name, value in {**plain(one), **(changed or {})}.items() if value is not None}
    for text in (json.dumps(values) if changed else "", "7", "{", '{"a": 1}', "[[]]"):
        with pytest.raises(InvalidSeal):
            rules.exported_seals(text)
