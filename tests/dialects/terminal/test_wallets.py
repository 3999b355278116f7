"""Reading wallets (S1-02, X-09): their shapes, the order of their transactions, their pages."""

from __future__ import annotations

import pytest

from ledger.domain.wallets.pairing import replace_token, unpair_token
from tests.conftest import BOTH_DATABASES
from tests.dialects.terminal.refusals import assert_refused
from tests.factories.wallets import TOKEN, open_wallet

PATH = f"/pos/wallets/token/{TOKEN}/transactions"
WALLET_FIELDS = {"id": str, "token_id": str, "created_at": str, "balance": int, "paired_user": str}
TRANSACTION_FIELDS = ["id", "amount", "description", "tag", "terminal", "timestamp"]


@pytest.fixture
def history(cash_desk, wallet, clock) -> list[str]:
    """Book 1, 2, 3, 4, 5 cents at the cash desk, a second apart, after 10.00 by hand."""
    for amount in range(1, 6):
        clock.advance(seconds=1)
        assert cash_desk.post(PATH, {"amount": -amount, "description": f"No. {amount}"}).status_code == 201
    return [TOKEN]


def test_a_wallet_has_its_published_fields_and_types(cash_desk, ledger):
    open_wallet(ledger, "04CC", user_name="max.mustermann")
    data = cash_desk.get("/pos/wallets/token/04CC").json["data"]
    assert {name: type(value) for name, value in data.items()} == WALLET_FIELDS
    assert data["id"].startswith("wal_")
    assert len(data["id"]) == 20


def test_a_wallet_without_a_user_says_null(cash_desk, wallet):
    assert cash_desk.get(f"/pos/wallets/token/{TOKEN}").json["data"]["paired_user"] is None


def test_a_wallet_without_a_token_says_null(cash_desk, ledger, wallet, operator):
    ledger.run(unpair_token, actor=operator, token_id=TOKEN)
    assert cash_desk.get(f"/pos/wallets/{wallet.code}").json["data"]["token_id"] is None


def test_a_wallet_shows_the_token_that_opens_it_now(cash_desk, ledger, wallet, operator):
    ledger.run(replace_token, actor=operator, wallet_code=wallet.code, new_token_id="04:be:ef")
    assert cash_desk.get(f"/pos/wallets/{wallet.code}").json["data"]["token_id"] == "04:be:ef"


@pytest.mark.parametrize(
    "spelling", ["04a2247e", "04:A2:24:7E", "04-a2-24-7e", "04%20A2%2024%207E", "04A2247E"]
)
def test_a_hardware_number_is_the_same_in_each_spelling(cash_desk, wallet, spelling):
    answer = cash_desk.get(f"/pos/wallets/token/{spelling}")
    assert answer.json["data"]["id"] == wallet.code
    assert answer.json["data"]["token_id"] == spelling.replace("%20", " ")


def test_transactions_come_latest_first_with_their_published_fields(cash_desk, wallet, history):
    answer = cash_desk.get(f"/pos/wallets/{wallet.code}")
    transactions = answer.json["data"]["transactions"]
    assert list(answer.json["data"]) == [*WALLET_FIELDS, "transactions"]
    assert [list(transaction) for transaction in transactions] == [TRANSACTION_FIELDS] * 6
    assert [transaction["amount"] for transaction in transactions] == [-5, -4, -3, -2, -1, 1000]
    assert sum(transaction["amount"] for transaction in transactions) == answer.json["data"]["balance"]
    assert "Link" not in answer.headers


def test_a_transaction_by_hand_has_no_terminal_and_the_others_name_theirs(cash_desk, wallet, history):
    transactions = cash_desk.get(f"/pos/wallets/{wallet.code}").json["data"]["transactions"]
    desk = {"id": "cash_desk", "friendly_name": "Cash Desk", "permission": "all"}
    assert [transaction["terminal"] for transaction in transactions] == [desk] * 5 + [None]


def test_a_time_is_written_for_programs_and_in_the_houses_zone_for_people(cash_desk, wallet, clock):
    written = {}
    for month, day in ((3, 27), (7, 1)):
        clock.at = clock.at.replace(year=2022, month=month, day=day, hour=21, minute=59, second=59)
        cash_desk.post(PATH, {"amount": -1, "description": "x"})
        latest = cash_desk.get(f"/pos/wallets/{wallet.code}").json["data"]["transactions"][0]
        written[latest["timestamp"]["raw"]] = latest["timestamp"]["readable"]
    assert written == {
        "2022-03-27T21:59:59.000000Z": "27.03.2022 23:59",
        "2022-07-01T21:59:59.000000Z": "01.07.2022 23:59",
    }


def test_pages_lead_through_the_whole_history_once(cash_desk, wallet, history):
    amounts, path = [], f"/pos/wallets/{wallet.code}?limit=2"
    while path:
        answer = cash_desk.get(path)
        amounts.append([transaction["amount"] for transaction in answer.json["data"]["transactions"]])
        assert answer.json["data"]["balance"] == 985
        link = answer.headers.get("Link")
        path = link and link.removesuffix('>; rel="next"').removeprefix("<")
    assert amounts == [[-5, -4], [-3, -2], [-1, 1000]]


def test_what_is_booked_between_two_pages_does_not_shift_them(cash_desk, wallet, history):
    first = cash_desk.get(f"/pos/wallets/{wallet.code}?limit=3")
    cash_desk.post(PATH, {"amount": -9, "description": "Between"})
    link = first.headers["Link"].split(";")[0].strip("<>")
    assert [t["amount"] for t in cash_desk.get(link).json["data"]["transactions"]] == [-2, -1, 1000]


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "", "1.5", "9" * 40])
def test_a_page_has_1_to_500_transactions(cash_desk, wallet, limit):
    assert_refused(cash_desk.get(f"/pos/wallets/{wallet.code}?limit={limit}"), 400, "invalid", "limit")


def test_a_page_goes_on_after_a_transaction_that_exists(cash_desk, wallet):
    refused = cash_desk.get(f"/pos/wallets/{wallet.code}?before=txn_0000000000000000")
    assert_refused(refused, 400, "transaction_unknown")
    assert_refused(cash_desk.get(f"/pos/wallets/{wallet.code}?before=%00"), 400, "invalid", "before")


@pytest.mark.parametrize("database_name", BOTH_DATABASES, indirect=True)
@pytest.mark.parametrize("code", ["wal_0000000000000000", "token", "x" * 5000, "%00", "a%00b", "%ED%A0%80"])
def test_an_unknown_wallet_is_refused(cash_desk, code):
    assert_refused(cash_desk.get(f"/pos/wallets/{code}"), 404, "wallet_unknown")
