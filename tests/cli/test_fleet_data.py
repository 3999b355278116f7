"""`tapledger db fleet-data`: terminals and guests of the fleet's own, and nobody else's money."""

from __future__ import annotations

import pytest

from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.errors import TokenBlocked
from ledger.domain.wallets.pairing import open_wallet
from ledger.domain.wallets.queries import wallet_by_token
from ledger.fleet_data import START_CENTS, OthersMoney, prepare
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from tests.cli.command import Command
from tests.conftest import BOTH_DATABASES
from tests.factories import ledgers

SOMEBODYS = "04F1EE00000002"


def _give(ledger: Ledger, token_id: str, cents: int) -> None:
    actor = operator_on_this_machine()
    code = ledger.run(open_wallet, actor=actor, currency="EUR", token_id=token_id).answer.code
    details = {"wallet_code": code, "amount_cents": cents, "description": "Cash"}
    ledger.run(top_up_by_hand, actor=actor, **details)


def _balance_cents(ledger: Ledger, token_id: str) -> int:
    return ledger.read(wallet_by_token, token_id=token_id).balance_cents


def test_bars_sell_desks_take_money_and_every_tenth_guest_has_none(ledger: Ledger):
    made = prepare(ledger, bars_and_desks=16, guests=50)
    assert sorted(made["terminals"])[::15] == ["fleet-bar-001", "fleet-desk-002"]
    balances = [_balance_cents(ledger, token_id) for token_id in made["tokens"]]
    assert sorted(set(balances)) == [0, START_CENTS]
    assert balances.count(0) == 4
    assert made["blocked"] == ["04F1EE00000032"]
    with pytest.raises(TokenBlocked):
        _balance_cents(ledger, made["blocked"][0])


def test_a_second_call_uses_what_is_there_and_fills_it_up(ledger: Ledger):
    first = prepare(ledger, bars_and_desks=2, guests=50)
    before = (
        ledgers.count(ledger, "wallets"),
        ledgers.count(ledger, "terminals"),
        ledgers.count(ledger, "postings"),
    )
    second = prepare(ledger, bars_and_desks=2, guests=50)
    after = (
        ledgers.count(ledger, "wallets"),
        ledgers.count(ledger, "terminals"),
        ledgers.count(ledger, "postings"),
    )
    assert after == before
    assert (second["tokens"], second["blocked"]) == (first["tokens"], first["blocked"])
    assert not {*first["terminals"].values()} & {*second["terminals"].values()}


@pytest.mark.parametrize("database_name", BOTH_DATABASES, indirect=True)
def test_books_with_others_money_are_left_alone_until_somebody_agrees(ledger: Ledger):
    _give(ledger, "DEADBEEF", 1230)
    before = ledgers.contents(ledger)
    with pytest.raises(OthersMoney, match=r"1230 cents .*\(wallets: 1\).*--yes"):
        prepare(ledger, bars_and_desks=2, guests=3)
    assert ledgers.contents(ledger) == before
    prepare(ledger, bars_and_desks=2, guests=3, is_mixed=True)
    assert _balance_cents(ledger, "DEADBEEF") == 1230


def test_a_token_that_is_somebodys_is_never_spent(ledger: Ledger):
    _give(ledger, SOMEBODYS, 500)
    with pytest.raises(OthersMoney, match=SOMEBODYS):
        prepare(ledger, bars_and_desks=2, guests=3, is_mixed=True)
    assert _balance_cents(ledger, SOMEBODYS) == 500


def test_the_command_refuses_them_in_one_line(command: Command):
    with ledgers.opened_ledger(command.books) as books:
        _give(books, "DEADBEEF", 100)
    assert "add --yes" in command.refused("db", "fleet-data")
    assert "2<=x<=999" in command.refused("db", "fleet-data", "--terminals", "1")
