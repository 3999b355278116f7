"""Who may hold, capture and release what, and what is refused."""

from __future__ import annotations

import pytest

from ledger.domain.books.errors import (
    HoldUnknown,
    InvalidPosting,
)
from ledger.domain.devices.errors import NotATerminal
from ledger.domain.holds.commands import capture, expire, release, release_by_hand, reserve
from ledger.domain.holds.errors import InvalidLifetime, NotYourHold
from ledger.domain.wallets.errors import TokenBlocked, TokenNotPaired
from ledger.domain.wallets.pairing import block_token
from ledger.foundation.actor import PermissionMissing
from ledger.foundation.errors import Invalid
from tests.factories.holds import VEND, held_cents
from tests.factories.ledgers import contents
from tests.factories.terminals import install, install_coin_station
from tests.factories.wallets import TOKEN, open_wallet


def test_a_terminal_ends_its_own_holds_only(ledger, wallet, hold):
    kiosk = install(ledger, "kiosk").actor
    before = contents(ledger)
    for attempt in (capture, release):
        with pytest.raises(NotYourHold):
            ledger.run(attempt, actor=kiosk, hold_code=hold)
    assert contents(ledger) == before


def test_staff_may_release_any_hold(ledger, wallet, hold, operator):
    assert not ledger.run(release_by_hand, actor=operator, hold_code=hold).answer.was_closed
    assert held_cents(ledger, wallet) == 0


def test_who_may_not_debit_may_not_hold(ledger, wallet, hold, operator):
    station = install_coin_station(ledger).actor
    before = contents(ledger)
    with pytest.raises(PermissionMissing):
        ledger.run(reserve, actor=station, amount_cents=1, **VEND)
    for attempt in (capture, release, release_by_hand):
        with pytest.raises(PermissionMissing):
            ledger.run(attempt, actor=station, hold_code=hold)
    with pytest.raises(PermissionMissing):
        ledger.run(expire, actor=station, wallet_code=wallet.code)
    with pytest.raises(NotATerminal):
        ledger.run(reserve, actor=operator, amount_cents=1, **VEND)
    assert contents(ledger) == before


def test_a_blocked_token_holds_nothing_more_but_the_goods_that_are_out_are_paid(
    ledger, wallet, machine, hold, operator
):
    ledger.run(block_token, actor=operator, token_id=TOKEN)
    with pytest.raises(TokenBlocked):
        ledger.run(reserve, actor=machine, amount_cents=1, **VEND)
    assert ledger.run(capture, actor=machine, hold_code=hold).answer.wallet.balance_cents == 700


def test_a_token_of_nobody_holds_nothing(ledger, machine):
    with pytest.raises(TokenNotPaired):
        ledger.run(reserve, actor=machine, amount_cents=1, **VEND)


@pytest.mark.parametrize("code", ["hld_nobody", "", "\x00", "\ud800", "x" * 5000])
def test_an_unknown_hold_is_refused(ledger, wallet, machine, operator, code):
    for attempt, actor in ((capture, machine), (release, machine), (release_by_hand, operator)):
        with pytest.raises(HoldUnknown):
            ledger.run(attempt, actor=actor, hold_code=code)


@pytest.mark.parametrize("expires_in_s", [0, -1, 86_401, 10**30, True])
def test_a_hold_lives_for_a_second_to_a_day(ledger, wallet, machine, expires_in_s):
    before = contents(ledger)
    with pytest.raises(InvalidLifetime):
        ledger.run(reserve, actor=machine, amount_cents=1, expires_in_s=expires_in_s, **VEND)
    assert contents(ledger) == before
    for fits in (1, 86_400):
        ledger.run(reserve, actor=machine, amount_cents=1, expires_in_s=fits, **VEND)


def test_a_hold_says_what_for(ledger, wallet, machine):
    with pytest.raises(Invalid):
        ledger.run(reserve, actor=machine, token_id=TOKEN, amount_cents=1, description="")


def test_another_currency_is_not_held(ledger, machine):
    open_wallet(ledger, "04DDDDDD", balance_cents=100, currency="USD")
    with pytest.raises(InvalidPosting):
        ledger.run(reserve, actor=machine, amount_cents=1, token_id="04DDDDDD", description="Vend")
