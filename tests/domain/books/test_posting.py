"""Posting: what the books take, what they refuse, and what a reversal is."""

from __future__ import annotations

import pytest

from ledger.domain.books import tables
from ledger.domain.books.errors import (
    AlreadyReversed,
    FloorReached,
    InvalidPosting,
    NotReversible,
    PostingUnknown,
)
from ledger.domain.books.queries import latest_postings, posting
from ledger.domain.books.records import AccountKind, AccountRecord, PostingKind
from ledger.domain.books.rules import NORMAL_SIDES, keeps_balance
from ledger.foundation.money import MAX_AMOUNT_CENTS, InvalidAmount
from tests.factories.books import account_balance_cents, open_account, post, reverse
from tests.factories.ledgers import contents, count, rows


@pytest.fixture
def box(ledger):
    """Return a cash box: money in it is the house's."""
    return open_account(ledger, AccountKind.CASH_BOX, "station")


@pytest.fixture
def purse(ledger, box):
    """Return a wallet's account that holds 1 EUR."""
    account = open_account(ledger, AccountKind.WALLET, "wal_1")
    post(ledger, box, account, 100)
    return account


def test_a_posting_takes_from_one_account_what_it_gives_to_the_other(ledger, box, purse):
    moved = post(ledger, purse, box, 30)
    assert (moved.source_id, moved.destination_id, moved.amount_cents) == (purse.id, box.id, 30)
    assert account_balance_cents(ledger, purse) == 70
    # The box gave 100 and got 30 back; cash that lies in it is positive although the sum is negative.
    assert account_balance_cents(ledger, box) == 70


def test_the_side_of_an_account_decides_how_people_read_it(ledger, box):
    sales = open_account(ledger, AccountKind.TERMINAL_SALES, "station")
    post(ledger, box, sales, 40)
    assert (account_balance_cents(ledger, box), account_balance_cents(ledger, sales)) == (40, 40)
    assert set(NORMAL_SIDES) == set(AccountKind)


def test_only_wallets_have_a_cached_balance_so_that_sales_are_no_hot_row(ledger, box, purse):
    open_account(ledger, AccountKind.TERMINAL_SALES, "station")
    cached = rows(ledger, "SELECT account_id FROM account_balances")
    assert cached == [(purse.id,)]
    assert [kind for kind in AccountKind if keeps_balance(kind)] == [AccountKind.WALLET]


def test_an_account_may_be_emptied_to_its_floor_and_not_one_cent_further(ledger, box, purse):
    post(ledger, purse, box, 100)
    before = contents(ledger)
    with pytest.raises(FloorReached) as refused:
        post(ledger, purse, box, 1)
    assert refused.value.details == {"balance_cents": 0}
    assert contents(ledger) == before


def test_a_floor_below_zero_is_credit(ledger, box):
    account = open_account(ledger, AccountKind.WALLET, "wal_2", floor_cents=-50)
    post(ledger, account, box, 50)
    assert account_balance_cents(ledger, account) == -50
    with pytest.raises(FloorReached) as refused:
        post(ledger, account, box, 1)
    assert refused.value.details == {"balance_cents": -50}


@pytest.mark.parametrize("amount", [0, -1, True, 1.0, "1", None, MAX_AMOUNT_CENTS + 1])
def test_only_a_whole_positive_amount_is_posted(ledger, box, purse, amount):
    with pytest.raises(InvalidAmount):
        post(ledger, box, purse, amount)
    assert count(ledger, "postings") == 1


def test_the_largest_amount_is_posted(ledger, box, purse):
    post(ledger, box, purse, MAX_AMOUNT_CENTS)
    assert account_balance_cents(ledger, purse) == MAX_AMOUNT_CENTS + 100


def test_an_account_pays_nothing_to_itself(ledger, purse):
    with pytest.raises(InvalidPosting):
        post(ledger, purse, purse, 1)


def test_one_currency_does_not_turn_into_another(ledger, box, purse):
    dollars = open_account(ledger, AccountKind.WALLET, "wal_usd", currency="USD")
    for source, destination in ((box, dollars), (purse, dollars)):
        with pytest.raises(InvalidPosting):
            post(ledger, source, destination, 1)


def test_an_account_that_does_not_exist_is_paid_nothing(ledger, purse):
    nowhere = AccountRecord(404, "till:nowhere", AccountKind.TILL, "debit", "EUR")
    with pytest.raises(InvalidPosting):
        post(ledger, purse, nowhere, 1)


def test_opening_an_account_twice_opens_it_once_and_keeps_its_money(ledger, purse):
    assert open_account(ledger, AccountKind.WALLET, "wal_1", floor_cents=-900) == purse
    assert account_balance_cents(ledger, purse) == 100
    assert rows(ledger, "SELECT floor_cents FROM account_balances") == [(0,)]


def test_a_reversal_is_a_new_posting_that_names_the_first(ledger, box, purse):
    moved = post(ledger, purse, box, 30)
    back = reverse(ledger, moved.code)
    assert (back.kind, back.reverses_id, back.amount_cents) == (PostingKind.REVERSAL, moved.id, 30)
    assert (back.source_id, back.destination_id) == (box.id, purse.id)
    assert account_balance_cents(ledger, purse) == 100
    assert count(ledger, "postings") == 3


def test_money_goes_back_once(ledger, box, purse):
    moved = post(ledger, purse, box, 30)
    reverse(ledger, moved.code)
    with pytest.raises(AlreadyReversed):
        reverse(ledger, moved.code)
    assert account_balance_cents(ledger, purse) == 100


def test_a_reversal_is_final(ledger, box, purse):
    back = reverse(ledger, post(ledger, purse, box, 30).code)
    with pytest.raises(NotReversible):
        reverse(ledger, back.code)
    assert account_balance_cents(ledger, purse) == 100


def test_a_credit_that_was_spent_cannot_be_taken_back(ledger, box, purse):
    credit = post(ledger, box, purse, 50)
    post(ledger, purse, box, 120)
    with pytest.raises(FloorReached) as refused:
        reverse(ledger, credit.code)
    assert refused.value.details == {"balance_cents": 30}


def test_a_posting_that_does_not_exist_is_not_found(ledger):
    with pytest.raises(PostingUnknown):
        ledger.read(posting, code="txn_unknown")
    with pytest.raises(PostingUnknown):
        reverse(ledger, "txn_unknown")


def test_a_posting_reads_back_as_it_was_answered(ledger, box, purse, clock):
    clock.advance(microseconds=5)
    moved = post(ledger, purse, box, 30)
    assert ledger.read(posting, code=moved.code) == moved
    assert moved.recorded_at == clock.now()


def test_postings_are_paged_latest_first_without_gap_or_repeat(ledger, box, purse):
    codes = [post(ledger, box, purse, cents).code for cents in range(1, 6)]
    seen, before = [], None
    while True:
        page = ledger.read(latest_postings, account_id=purse.id, before=before, limit=2)
        seen += [found.code for found in page.items]
        if not page.has_more:
            break
        before = seen[-1]
    assert seen[:-1] == codes[::-1]
    assert len(seen) == 6


EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}


def test_a_page_is_read_from_the_index_of_each_side(ledger, purse):
    with ledger.database.reading() as reader:
        # A table as small as this one would be read as a whole for good reason.
        if reader.dialect.name == "postgresql":
            reader.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        statement = tables._LATEST_POSTINGS._for(reader.dialect)
        asked = statement._given({"of_account_id": purse.id, "before_id": 2**63 - 1, "at_most": 3})
        told = reader._driver.execute(f"{EXPLAIN[reader.dialect.name]} {statement.text}", asked).fetchall()
    plan = str(told)
    assert "ix_postings_source_id_id" in plan
    assert "ix_postings_destination_id_id" in plan


def test_a_page_after_a_posting_that_does_not_exist_is_refused(ledger, purse):
    with pytest.raises(PostingUnknown):
        ledger.read(latest_postings, account_id=purse.id, before="txn_unknown", limit=2)
