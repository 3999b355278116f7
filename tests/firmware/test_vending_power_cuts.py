"""The power of the vending machine's reader fails at random moments of a vend; then it comes back."""

import random

import pytest
from journal import records

from tests.firmware.flash import PowerCut
from tests.firmware.vending import ITEM, PRICE, VendingSite

# What a vend makes durable, from the first intent to the outcome; found by running it.
VEND_UNITS = 180
SALE_MS = 5000


@pytest.fixture
def site():
    made = VendingSite(mdb_revalue=True)
    made.vmc.settings.dispense_us = 1_000_000
    made.ready()
    made.open_session()
    yield made
    assert made.vmc.master.violations == []
    made.close()


def come_back(site):
    """Boot, and boot again when the power fails while it settles; wait until nothing is open."""
    site.power_off()
    site.pass_ms(1500)
    stand = site.power_on()
    site.world.pass_until(lambda: not stand.journal.open_records, 120000)
    return stand


def check(site, stand):
    """Nothing lost, nothing doubled: each item is paid, and what is paid without one is flagged."""
    debits_cents = 500 - site.balance_cents
    assert debits_cents in (0, PRICE)
    assert PRICE * len(site.vmc.sold) <= debits_cents
    if debits_cents and not site.vmc.sold:
        assert [record.state for record in stand.journal.remarkable] == [records.VENDED]


def cut_somewhere(site, chance):
    """Let the power fail at a byte of the flash, at a moment, or while the ledger books."""
    kind = chance.choice(("byte", "byte", "moment", "booking"))
    if kind == "byte":
        site.flash.units_left = chance.randrange(VEND_UNITS)
    elif kind == "booking":
        setattr(site.road, chance.choice(("before", "after")), site.power.cut)
    return chance.randrange(SALE_MS) if kind == "moment" else SALE_MS


@pytest.mark.parametrize("seed", range(200))
def test_a_vend_is_paid_once_or_given_back_wherever_the_power_fails(site, seed):
    chance = random.Random(seed)
    site.vmc.settings.dispenses = chance.random() < 0.7
    site.vmc.settings.resets_when_approved = chance.random() < 0.1
    site.vmc.settings.cancels_after_us = chance.choice((None, None, chance.randrange(300_000)))
    site.road.latency_ms = chance.choice((20, 200))
    until_ms = cut_somewhere(site, chance)
    site.vmc.choose(ITEM, PRICE)
    site.pass_ms(until_ms)
    site.road.before = site.road.after = lambda: None
    check(site, come_back(site))


@pytest.mark.usefixtures("long_file_alone")
@pytest.mark.parametrize("units", range(0, 200, 20))
def test_a_power_cut_while_a_failed_vend_is_given_back_gives_it_back_once(site, units):
    site.vmc.settings.dispenses = False
    site.vmc.choose(ITEM, PRICE)
    site.world.pass_until(lambda: b'"failed"' in site.flash.contents["journal"])
    site.flash.units_left = units
    site.pass_ms(SALE_MS)
    stand = come_back(site)
    assert site.balance_cents == 500
    assert not stand.journal.remarkable


@pytest.mark.parametrize("seed", range(20))
def test_cash_is_on_the_token_exactly_when_the_machine_kept_it_or_a_person_is_told(site, seed):
    chance = random.Random(seed)
    until_ms = cut_somewhere(site, chance)
    site.vmc.top_up(200)
    site.pass_ms(until_ms // 3)
    site.road.before = site.road.after = lambda: None
    stand = come_back(site)
    credited_cents = site.balance_cents - 500
    was_kept = [is_approved for _, is_approved in site.vmc.revalued] == [True]
    assert credited_cents in (0, 200)
    assert credited_cents or not was_kept
    if credited_cents and not was_kept:
        assert [record.note for record in stand.journal.remarkable] == ["power failed during delivery"]


def test_cash_that_was_booked_and_not_kept_is_debited_once_under_a_key_of_its_own(site):
    site.road.troubles.extend(["lost_answer"] * 20)
    site.vmc.top_up(200)
    site.world.pass_until(lambda: site.vmc.revalued)
    # The ledger reverses no credit; the answer to what is debited in its place is lost, too.
    site.road.troubles.clear()
    site.road.troubles.extend([None, "lost_answer"])
    site.world.pass_until(lambda: not site.stand.journal.open_records, 120000)
    assert site.road.posts().count(site.road.posts()[-1]) == 2
    credit, debit = site.road.ledger.postings
    assert debit == credit + "-back"
    assert site.balance_cents == 500


def test_a_power_cut_is_what_these_tests_say_it_is(site):
    site.flash.units_left = 10
    site.vmc.choose(ITEM, PRICE)
    with pytest.raises(PowerCut):
        site.world.pass_ms(SALE_MS)
    assert not site.power.is_on
