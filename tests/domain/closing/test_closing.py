"""Closing figures: they add up, day after day, and midnight belongs to the day that begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ledger.domain.closing.errors import ClosingDoesNotAddUp
from ledger.domain.closing.queries import closing
from ledger.domain.closing.records import Figure, Movements
from ledger.domain.wallets.commands import debit, reverse_by_hand, reverse_key, top_up
from ledger.domain.wallets.queries import statement, wallet_balance_cents_at
from ledger.foundation.calendar import day_bounds
from tests.factories.ledgers import tampering
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.factories.wallets import top_up as top_up_by_hand

BERLIN = ZoneInfo("Europe/Berlin")
# The clocks are set back on this day, and it lasts 25 hours.
LONG_DAY = date(2026, 10, 25)


def _closing(ledger, day):
    return ledger.read(closing, day=day, zone=BERLIN, currency="EUR")


def _debit(ledger, actor, cents, key=None):
    about = {"token_id": TOKEN, "description": "Coffee", "amount_cents": cents}
    ledger.run(debit, actor=actor, key=key, **about)


@pytest.fixture
def traded(ledger, clock, operator):
    """Return a ledger with movements at both edges of a long day and in its middle."""
    begins_at, ends_at = day_bounds(LONG_DAY, BERLIN)
    clock.at = begins_at - timedelta(microseconds=1)
    wallet = open_wallet(ledger, balance_cents=1000)
    coffee, coins = install(ledger).actor, install(ledger, "coins").actor
    clock.at = begins_at
    _debit(ledger, coffee, 100)
    clock.at = begins_at + timedelta(hours=12)
    ledger.run(top_up, actor=coins, token_id=TOKEN, description="Coin", amount_cents=200)
    _debit(ledger, coffee, 50, key="k")
    ledger.run(reverse_key, actor=coffee, reversed_key="k", description="No cup")
    top_up_by_hand(ledger, wallet.code, 77)
    mistake = ledger.read(statement, code=wallet.code, limit=1).transactions[0].code
    undone = {"transaction_code": mistake, "description": "Typing mistake"}
    clock.at = ends_at - timedelta(microseconds=1)
    ledger.run(reverse_by_hand, actor=operator, **undone)
    clock.at = ends_at
    _debit(ledger, coffee, 30)
    return ledger


def test_a_long_day_has_what_happened_from_midnight_to_midnight(traded):
    record = _closing(traded, LONG_DAY)
    assert (record.ends_at - record.begins_at) == timedelta(hours=25)
    assert (record.opening_cents, record.closing_cents) == (1000, 1100)
    places = {(place.kind, place.name): place.movements for place in record.places}
    assert places == {
        ("terminal", "coffee_machine"): Movements(sales=Figure(2, 150), reversed_sales=Figure(1, 50)),
        ("terminal", "coins"): Movements(top_ups=Figure(1, 200)),
        ("till", "house"): Movements(top_ups=Figure(1, 77), reversed_top_ups=Figure(1, 77)),
    }
    assert record.total.net_cents == 100


def test_each_day_opens_as_the_one_before_it_closed(traded):
    days = [LONG_DAY + timedelta(days=number) for number in range(-2, 3)]
    records = [_closing(traded, day) for day in days]
    assert [record.opening_cents for record in records] == [0, 0, 1000, 1100, 1070]
    assert [record.closing_cents for record in records] == [0, 1000, 1100, 1070, 1070]
    assert records[0].places == records[-1].places == ()


def test_another_currency_is_another_closing(ledger, clock):
    clock.at = datetime(2026, 10, 25, 12, tzinfo=UTC)
    open_wallet(ledger, balance_cents=1000, currency="USD")
    assert _closing(ledger, LONG_DAY).closing_cents == 0
    assert ledger.read(closing, day=LONG_DAY, zone=BERLIN, currency="USD").closing_cents == 1000


@pytest.mark.tampered
def test_figures_that_contradict_the_balances_are_refused(traded):
    with tampering(traded) as connection:
        connection.execute("UPDATE account_balances SET balance_cents = balance_cents + 1")
    with pytest.raises(ClosingDoesNotAddUp):
        _closing(traded, LONG_DAY)


def test_a_wallet_had_at_any_moment_what_had_been_recorded_before_it(ledger, clock):
    began_at = clock.at
    wallet = open_wallet(ledger, balance_cents=500)
    actor = install(ledger).actor
    held = {began_at: 0, began_at + timedelta(microseconds=1): 500}
    for cents in (100, 20, 3):
        clock.advance(minutes=1)
        held[clock.at] = held[max(held)]
        _debit(ledger, actor, cents)
        held[clock.at + timedelta(microseconds=1)] = held[clock.at] - cents
    found = {moment: ledger.read(wallet_balance_cents_at, code=wallet.code, moment=moment) for moment in held}
    assert found == held
