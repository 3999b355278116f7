"""What the desk reads: whose token it is, who is looked for, what was booked by hand last."""

from __future__ import annotations

import pytest

from ledger.domain.wallets.commands import reverse_by_hand, top_up_by_hand
from ledger.domain.wallets.desk import found_wallets, latest_by_hand, seen_token
from ledger.domain.wallets.errors import TokenNotPaired
from ledger.domain.wallets.pairing import block_token, unpair_token
from tests.factories.wallets import open_wallet

TOKEN = "04A2246B7E1190"


@pytest.fixture
def anna(ledger):
    """Return a wallet with a token."""
    return open_wallet(ledger, TOKEN, user_name="Änne_Müller 100%")


def _found(ledger, text):
    return [wallet.user_name for wallet in ledger.read(found_wallets, text=text)]


def test_a_token_is_seen_with_its_wallet_blocked_or_not(ledger, operator, anna):
    seen = ledger.read(seen_token, token_id="04:a2:24:6b:7e:11:90")
    assert (seen.wallet.code, seen.blocked_at, seen.is_weak) == (anna.code, None, False)
    ledger.run(block_token, actor=operator, token_id=TOKEN)
    assert ledger.read(seen_token, token_id=TOKEN).blocked_at == ledger.clock.now()
    ledger.run(unpair_token, actor=operator, token_id=TOKEN)
    for unknown in (TOKEN, "", "\0", "nobody"):
        with pytest.raises(TokenNotPaired):
            ledger.read(seen_token, token_id=unknown)


def test_a_short_number_is_weak(ledger):
    open_wallet(ledger, "04FF00AA")
    assert ledger.read(seen_token, token_id="04FF00AA").is_weak


@pytest.mark.parametrize("text", ["nne_m", "MÜLLER".lower(), "100%", "1190", "a2:24:6b", TOKEN, " nne "])
def test_somebody_is_found_by_a_part_of_name_or_token(ledger, anna, text):
    open_wallet(ledger, "04BB", user_name="Somebody else")
    assert _found(ledger, text) == [anna.user_name]


def test_who_is_meant_comes_by_name_and_no_more_than_twenty(ledger, anna):
    for number in reversed(range(25)):
        open_wallet(ledger, f"05{number:06X}", user_name=f"Guest {number:02}")
    assert _found(ledger, "guest") == [f"Guest {number:02}" for number in range(20)]
    assert _found(ledger, anna.code) == [anna.user_name]


@pytest.mark.parametrize("text", ["", "  ", "%", "_", "\0", "x" * 5000, "\ud800"])
def test_signs_are_letters_and_nothing_finds_nobody(ledger, text):
    open_wallet(ledger, "04BB", user_name="Ben")
    assert _found(ledger, text) == []


def test_what_was_booked_by_hand_is_told_latest_first_and_whether_it_was_undone(ledger, operator, anna):
    assert ledger.read(latest_by_hand) == []
    ben = open_wallet(ledger, "04BB", user_name="Ben")
    for wallet, cents in ((anna, 100), (ben, 200), (anna, 300)):
        booked = {"wallet_code": wallet.code, "amount_cents": cents, "description": "Cash"}
        ledger.run(top_up_by_hand, actor=operator, **booked)
    latest = ledger.read(latest_by_hand)
    assert [(each.wallet.user_name, each.amount_cents) for each in latest] == [
        (anna.user_name, 300),
        ("Ben", 200),
        (anna.user_name, 100),
    ]
    ledger.run(reverse_by_hand, actor=operator, transaction_code=latest[1].code, description="Wrong")
    assert [each.is_undone for each in ledger.read(latest_by_hand)] == [False, True, False]
    assert len(ledger.read(latest_by_hand, limit=2)) == 2
