"""Proofs at the command line: seals and their exports, past balances, closing figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.factories import ledgers, wallets

UID = wallets.TOKEN


def _fill(command: Command, cents: int = 500) -> None:
    # The ledger's own clock stands still on an evening in October 2021.
    with ledgers.opened_ledger(command.books) as ledger:
        wallets.open_wallet(ledger, None, balance_cents=cents)


def test_a_seal_is_exported_once_and_checked_against_the_books(command: Command, tmp_path: Path):
    kept = tmp_path / "seals.jsonl"
    assert command.data("seal", "--export", str(kept))["newest"] is None
    assert not kept.exists()
    _fill(command)
    sealed = command.data("seal", "--export", str(kept))
    assert (sealed["seals"], sealed["postings"]) == (1, 1)
    assert command.data("seal", "--export", str(kept))["seals"] == 0
    assert [json.loads(line) for line in kept.read_text().splitlines()] == [sealed["newest"]]
    assert all(not proof["findings"] for proof in command.data("audit", "--seal", str(kept)))


@pytest.mark.tampered
def test_a_rewritten_past_ends_the_audit_with_status_1(command: Command, tmp_path: Path):
    kept = tmp_path / "seals.jsonl"
    _fill(command)
    command.data("seal", "--export", str(kept))
    with ledgers.opened_ledger(command.books) as ledger, ledgers.tampering(ledger) as connection:
        connection.execute("DELETE FROM seals")
    ended = command.run("audit", "--seal", str(kept))
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "postings 1 to 1 are not those of the seal that was exported at" in ended.stdout


def test_a_file_without_seals_is_refused(command: Command, tmp_path: Path):
    diary = tmp_path / "diary.txt"
    for content in (b"Dear diary", b"", b"\xff\xfe"):
        diary.write_bytes(content)
        assert "no exported seals" in command.refused("audit", "--seal", str(diary))
    assert "No such file" in command.refused("audit", "--seal", str(tmp_path / "nowhere"))


def test_a_past_balance_is_shown(command: Command):
    with ledgers.opened_ledger(command.books) as ledger:
        wallets.open_wallet(ledger, UID, balance_cents=500, user_name="anna")
    before, after = "2021-10-31T21:44:11", "2021-10-31T21:44:12+01:00"
    assert command.data("wallet", "show", UID, "--at", before)["balance"] == 0
    shown = command.data("wallet", "show", UID, "--at", after)
    assert (shown["balance"], shown["at"]) == (500, after)
    assert f"balance 5.00 EUR at {after}" in command.run("wallet", "show", UID, "--at", after).stdout
    assert "written 2026-11-01T12:00" in command.refused("wallet", "show", UID, "--at", "noon")
    assert "Clocks are changed" in command.refused("wallet", "show", UID, "--at", "2026-10-25T02:30")


def test_a_day_is_closed(command: Command):
    _fill(command)
    data = command.data("closing", "2021-10-31")
    assert (data["opening"], data["closing"]) == (0, 500)
    assert data["total"]["top_ups"] == {"count": 1, "amount": 500}
    assert (data["begins_at"], data["ends_at"]) == ("2021-10-30T22:00:00+00:00", "2021-10-31T23:00:00+00:00")
    assert [place["name"] for place in data["places"]] == ["house"]
    said = command.run("closing", "2021-10-31").stdout
    assert "till house  5.00 (1)" in said
    assert "held in wallets at its end: 5.00 EUR" in said
    assert command.data("closing")["opening"] == 500
    assert "written 2026-11-01" in command.refused("closing", "yesterday")
