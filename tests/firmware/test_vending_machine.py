"""The vending machine: what a person sees, what the machine does, and what the books say afterwards."""

import pytest
from journal import records

from tests.firmware.vending import ITEM, PRICE, TOKEN, VendingSite


@pytest.fixture
def make_site():
    sites = []

    def make(**settings):
        sites.append(VendingSite(**settings))
        sites[-1].ready()
        return sites[-1]

    yield make
    for site in sites:
        assert site.vmc.master.violations == []
        site.close()


@pytest.fixture
def site(make_site):
    return make_site()


def settled(site):
    """Give the settlement its time; nothing may be left open."""
    site.world.pass_ms(60000)
    assert not site.stand.journal.open_records
    return site.balance_cents


def test_tap_choose_sold(site):
    site.stand.tap(TOKEN)
    site.stand.wait_for("Balance 5.00 EUR")
    site.stand.wait_for("Choose at the machine")
    site.world.pass_until(lambda: site.vmc.credit_units == 500)
    site.vmc.choose(ITEM, PRICE)
    site.stand.wait_for("Item 7 1.20 EUR Please wait")
    site.stand.wait_for("Item 7: enjoy! Balance 3.80 EUR")
    site.stand.wait_for("Hold your token, then choose")
    assert site.vmc.sold == [(ITEM, PRICE)]
    assert not site.vmc.in_session
    assert settled(site) == 500 - PRICE
    assert not site.stand.journal.remarkable
    (body,) = site.road.posts()
    assert b'"amount":-120,"description":"Item 7","tag":"vending"' in body


def test_a_machine_that_fails_gives_the_money_back(site):
    site.vmc.settings.dispenses = False
    site.open_session()
    site.vmc.choose(ITEM, PRICE)
    site.stand.wait_for("The machine failed. 1.20 EUR come back")
    site.stand.wait_for("1.20 EUR given back Balance 5.00 EUR")
    assert settled(site) == 500
    assert (site.vmc.sold, site.vmc.failed) == ([], [(ITEM, PRICE)])


def test_the_intent_is_on_flash_before_the_ledger_is_asked_and_the_approval_before_the_bus_hears_of_it(site):
    seen = []
    site.road.before = lambda: seen.append(site.flash.contents["journal.0"].count(b'["intent"'))
    approve = site.stand.device._reader.approve

    def noted(request, units):
        seen.append(site.flash.contents["journal.0"].count(b'["approved"'))
        return approve(request, units)

    site.stand.device._reader.approve = noted
    site.open_session()
    seen.clear()
    site.vmc.choose(ITEM, PRICE)
    site.world.pass_until(lambda: site.vmc.sold)
    assert seen == [1, 1]


def test_too_little_money_is_denied_and_said(site):
    site.open_session()
    site.vmc.choose(ITEM, 501)
    site.stand.wait_for("Not enough money. Balance 5.00 EUR Price 5.01 EUR")
    site.world.pass_until(lambda: site.vmc.denied)
    assert settled(site) == 500
    assert site.vmc.sold == []


@pytest.mark.parametrize(
    ("token", "text"), [("04FFFFFFFFFFFF", "Token not known"), ("08123456", "changes its number")]
)
def test_a_token_that_cannot_pay_begins_no_session(site, token, text):
    site.stand.tap(token)
    site.stand.wait_for(text)
    site.world.pass_ms(5000)
    assert not site.vmc.in_session


def test_a_cancel_while_the_ledger_is_asked_gives_back_what_comes_too_late(site):
    site.road.latency_ms = 3000
    site.vmc.settings.cancels_after_us = 1_000_000
    site.open_session()
    site.vmc.choose(ITEM, PRICE)
    site.world.pass_until(lambda: site.vmc.denied)
    site.stand.wait_for("Cancelled")
    assert settled(site) == 500
    assert site.vmc.sold == []
    assert len(site.road.posts("/reverse")) == 1


@pytest.mark.parametrize("latency_ms", range(100, 420, 20))
def test_a_cancel_that_races_the_approval_never_costs_money_without_goods(site, latency_ms):
    site.road.latency_ms = 20
    site.open_session()
    site.road.latency_ms = latency_ms
    site.vmc.settings.cancels_after_us = 250_000
    site.vmc.choose(ITEM, PRICE)
    site.world.pass_until(lambda: site.vmc.sold or site.vmc.denied)
    site.world.pass_ms(5000)
    assert settled(site) == 500 - PRICE * len(site.vmc.sold)


def test_a_reset_after_the_approval_counts_as_sold_and_a_person_is_told(site):
    site.vmc.settings.resets_when_approved = True
    site.open_session()
    site.vmc.choose(ITEM, PRICE)
    site.world.pass_until(lambda: site.vmc.resets == 2)
    assert settled(site) == 500 - PRICE
    assert [record.note for record in site.stand.journal.remarkable] == ["reset during delivery"]


def test_a_reset_while_the_ledger_is_asked_gives_the_money_back(site):
    site.open_session()
    site.road.latency_ms = 3000
    site.vmc.choose(ITEM, PRICE)
    site.world.pass_until(lambda: site.vmc.is_asking)
    site.world.pass_ms(500)
    site.vmc.power(False)
    site.vmc.power(True)
    site.world.pass_ms(5000)
    assert settled(site) == 500
    assert not site.stand.journal.remarkable


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(site):
    site.open_session()
    site.road.troubles.append("lost_answer")
    site.vmc.choose(ITEM, PRICE)
    site.stand.wait_for("Being checked: you are charged at most once")
    site.world.pass_until(lambda: site.vmc.sold)
    assert settled(site) == 500 - PRICE
    assert len(set(site.road.posts())) == 1


def test_a_ledger_that_stays_silent_sells_nothing_and_keeps_nothing(site):
    site.open_session()
    site.road.troubles.extend(["lost_answer"] * 20)
    site.vmc.choose(ITEM, PRICE)
    site.stand.wait_for("No answer, no goods")
    site.world.pass_until(lambda: site.vmc.denied)
    site.road.troubles.clear()
    assert settled(site) == 500
    assert site.vmc.sold == []


def test_an_approval_that_cannot_be_written_is_denied_and_given_back(site):
    site.open_session()

    def flash_fails():
        site.flash.is_full = True

    site.road.after = flash_fails
    site.vmc.choose(ITEM, PRICE)
    site.stand.wait_for("no goods")
    site.world.pass_until(lambda: site.vmc.denied)
    site.road.after = lambda: None
    site.flash.is_full = False
    assert settled(site) == 500


def test_a_failure_that_cannot_be_written_is_given_back_all_the_same(site):
    site.vmc.settings.dispenses = False
    site.open_session()
    site.vmc.choose(ITEM, PRICE)
    site.stand.wait_for("Please wait")
    site.flash.is_full = True
    site.stand.wait_for("The machine failed")
    site.world.pass_ms(20000)
    site.flash.is_full = False
    assert settled(site) == 500


def test_a_session_that_nobody_uses_ends_by_itself(site):
    site.open_session()
    site.world.pass_until(lambda: not site.vmc.in_session, 40000)
    site.stand.wait_for("Hold your token")
    assert site.road.posts() == []


def test_the_credit_of_one_person_is_not_there_for_the_next(site):
    site.open_session()
    site.vmc.choose(ITEM, PRICE)
    site.world.pass_until(lambda: site.vmc.sold)
    site.world.pass_until(lambda: not site.vmc.in_session)
    site.vmc.choose(ITEM, PRICE)
    site.world.pass_ms(20000)
    assert len(site.vmc.sold) == 1


def test_a_vend_without_a_price_is_denied(site):
    site.open_session()
    site.vmc.choose(ITEM, 0)
    site.world.pass_until(lambda: site.vmc.denied)
    assert site.road.posts() == []


def test_a_machine_that_is_silent_or_has_stopped_the_reader_is_shown(site):
    site.vmc.inject((0x14, 0))
    site.stand.wait_for("The machine is not ready")
    site.vmc.power(False)
    site.stand.wait_for("the vending machine is silent")
    site.stand.tap(TOKEN)
    site.world.pass_ms(1000)
    site.vmc.power(True)
    site.stand.wait_for("Hold your token, then choose")


def test_a_cash_sale_is_told_on_the_console_and_counted(site, capsys):
    site.vmc.pay_cash(12, 150)
    site.world.pass_ms(1000)
    assert "cash sale: 150 cents, item 12" in capsys.readouterr().out
    assert site.stand.device.cash_sales == 1


def test_units_of_five_cents_are_booked_in_cents_and_credit_is_rounded_down(make_site):
    site = make_site(mdb_scale=5)
    site.road.ledger.balances[TOKEN] = 503
    site.open_session()
    assert site.vmc.credit_units == 100
    site.vmc.choose(ITEM, 24)
    site.world.pass_until(lambda: site.vmc.sold)
    assert settled(site) == 503 - 120


def test_units_of_whole_euros_are_booked_in_cents(make_site):
    site = make_site(mdb_decimals=0)
    site.open_session()
    assert site.vmc.credit_units == 5
    site.vmc.choose(ITEM, 2)
    site.world.pass_until(lambda: site.vmc.sold)
    assert settled(site) == 300


def test_cash_goes_onto_the_token_where_that_is_offered(make_site):
    site = make_site(mdb_revalue=True)
    site.open_session()
    site.vmc.top_up(200)
    site.stand.wait_for("2.00 EUR booked Balance 7.00 EUR")
    assert [is_approved for _, is_approved in site.vmc.revalued] == [True]
    assert settled(site) == 700


def test_cash_whose_booking_is_not_known_is_denied_and_booked_never(make_site):
    site = make_site(mdb_revalue=True)
    site.open_session()
    site.road.troubles.extend(["lost_answer"] * 20)
    site.vmc.top_up(200)
    site.world.pass_until(lambda: site.vmc.revalued)
    site.road.troubles.clear()
    assert [is_approved for _, is_approved in site.vmc.revalued] == [False]
    assert settled(site) == 500


def test_cash_is_denied_where_the_terminal_may_not_credit(make_site):
    site = make_site(mdb_revalue=True, permission="debit")
    site.open_session()
    site.vmc.top_up(200)
    site.world.pass_until(lambda: site.vmc.revalued)
    assert [is_approved for _, is_approved in site.vmc.revalued] == [False]
    assert settled(site) == 500


def test_garbage_is_told_on_the_console(site, capsys):
    for _ in range(2):
        for word in (0x112, 0x077):
            site.world.call(site.stand.device._link.on_word, word, False)
        site.world.pass_ms(61000)
    assert "mdb: 2 blocks spoilt, 0 heard too late" in capsys.readouterr().out
    assert records.APPROVED not in [record.state for record in site.stand.journal.open_records]


def test_with_eight_vends_of_unknown_fate_the_machine_sells_no_more(site):
    for _ in range(8):
        record = site.stand.journal.new_record(records.VEND, TOKEN, PRICE)
        record.is_held = True
        site.world.call(site.stand.journal.begin, record)
    site.stand.wait_for("too much is")
    site.stand.tap(TOKEN)
    site.world.pass_ms(5000)
    assert not site.vmc.in_session
