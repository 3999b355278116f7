"""Wallets and their tokens: opening, pairing, blocking, replacing."""

from __future__ import annotations

import pytest

from ledger.domain.wallets import pairing
from ledger.domain.wallets.errors import (
    InvalidToken,
    InvalidWallet,
    PairingCodeUnknown,
    RandomToken,
    TokenBlocked,
    TokenNotPaired,
    TokenTaken,
    WalletUnknown,
)
from ledger.domain.wallets.queries import (
    wallet_by_code,
    wallet_by_code_or_token,
    wallet_by_token,
    wallets,
)
from ledger.foundation.money import MAX_AMOUNT_CENTS
from tests.factories.ledgers import contents, rows
from tests.factories.terminals import install_coin_station
from tests.factories.wallets import TOKEN, open_wallet

OTHER = "04FFFFFF"


@pytest.fixture
def do(ledger, operator):
    """Return a function that runs a command of pairing as an operator and returns its answer."""
    return lambda command, **arguments: ledger.run(command, actor=operator, **arguments).answer


@pytest.fixture
def station(ledger):
    """Return a terminal's actor."""
    return install_coin_station(ledger).actor


def _by_token(ledger, token_id=TOKEN):
    return ledger.read(wallet_by_token, token_id=token_id)


def test_a_wallet_opens_empty_under_a_code_of_its_own(ledger, clock):
    one, other = open_wallet(ledger, user_name="Mika"), open_wallet(ledger, None)
    assert (one.balance_cents, one.user_name, one.created_at) == (0, "Mika", clock.now())
    assert (one.token_id, other.token_id) == (TOKEN, None)
    assert ledger.read(wallets) == [one, other]


def test_an_overdraft_limit_is_a_floor_below_zero(ledger):
    assert open_wallet(ledger, overdraft_limit_cents=500).floor_cents == -500


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"overdraft_limit_cents": -1}, "overdraft_limit"),
        ({"overdraft_limit_cents": True}, "overdraft_limit"),
        ({"overdraft_limit_cents": 1.5}, "overdraft_limit"),
        ({"overdraft_limit_cents": MAX_AMOUNT_CENTS + 1}, "overdraft_limit"),
        ({"overdraft_limit_cents": 2**70}, "overdraft_limit"),
        ({"user_name": ""}, "user"),
        ({"user_name": " "}, "user"),
        ({"user_name": "x" * 65}, "user"),
        ({"user_name": "a\x00"}, "user"),
    ],
)
def test_a_wallet_that_cannot_be_is_not_opened(ledger, wrong, field):
    with pytest.raises(InvalidWallet) as refused:
        open_wallet(ledger, **wrong)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(("token_id", "refusal"), [(" ", InvalidToken), ("08123456", RandomToken)])
def test_no_wallet_hangs_on_a_token_that_cannot_carry_it(ledger, do, station, token_id, refusal):
    wallet = open_wallet(ledger)
    code = do(pairing.issue_pairing_code, wallet_code=wallet.code).pairing_code
    before = contents(ledger)
    for command, arguments in [
        (pairing.open_wallet, {"currency": "EUR", "token_id": token_id}),
        (pairing.pair_token, {"wallet_code": wallet.code, "token_id": token_id}),
        (pairing.replace_token, {"wallet_code": wallet.code, "new_token_id": token_id}),
    ]:
        with pytest.raises(refusal):
            do(command, **arguments)
    with pytest.raises(refusal):
        ledger.run(pairing.pair_by_code, actor=station, token_id=token_id, pairing_code=code)
    assert contents(ledger) == before


@pytest.mark.parametrize("written", ["04a2247e", "04:A2:24:7E", "04-a2-24-7e", "04 A2 24 7E"])
def test_a_token_is_found_however_it_is_written_and_shown_as_it_was_asked_for(ledger, written):
    wallet = open_wallet(ledger)
    found = _by_token(ledger, written)
    assert (found.code, found.token_id) == (wallet.code, written)


def test_a_wallet_shows_its_token_as_it_was_given(ledger):
    wallet = open_wallet(ledger, "04:a2:24:7e")
    assert ledger.read(wallet_by_code, code=wallet.code).token_id == "04:a2:24:7e"


@pytest.mark.parametrize("token_id", ["04000000", "", "\x00", "\ud800", "x" * 1000])
def test_a_token_that_is_not_paired_leads_nowhere(ledger, token_id):
    open_wallet(ledger)
    with pytest.raises(TokenNotPaired):
        _by_token(ledger, token_id)


@pytest.mark.parametrize("taken", [TOKEN, "04:a2:24:7e"])
def test_a_token_belongs_to_one_wallet_at_a_time(ledger, do, taken):
    open_wallet(ledger)
    other = open_wallet(ledger, OTHER)
    before = contents(ledger)
    for command, arguments in [
        (pairing.open_wallet, {"currency": "EUR", "token_id": taken}),
        (pairing.pair_token, {"wallet_code": other.code, "token_id": taken}),
        (pairing.replace_token, {"wallet_code": other.code, "new_token_id": taken}),
    ]:
        with pytest.raises(TokenTaken):
            do(command, **arguments)
    assert contents(ledger) == before


def test_a_blocked_token_is_still_taken(ledger, do):
    wallet = open_wallet(ledger)
    do(pairing.block_token, token_id=TOKEN)
    with pytest.raises(TokenTaken):
        do(pairing.pair_token, wallet_code=wallet.code, token_id=TOKEN)


def test_a_wallet_may_have_several_tokens_and_shows_the_latest(ledger, do):
    wallet = open_wallet(ledger)
    assert do(pairing.pair_token, wallet_code=wallet.code, token_id=OTHER).token_id == OTHER
    assert _by_token(ledger, TOKEN).code == _by_token(ledger, OTHER).code == wallet.code


def test_a_blocked_token_is_refused_and_its_wallet_lives_on(ledger, do):
    wallet = open_wallet(ledger, balance_cents=5)
    assert do(pairing.block_token, token_id="04:a2:24:7e").token_id is None
    with pytest.raises(TokenBlocked):
        _by_token(ledger)
    assert ledger.read(wallet_by_code, code=wallet.code).balance_cents == 5


def test_an_unpaired_token_is_free_for_another_wallet(ledger, do):
    open_wallet(ledger)
    assert do(pairing.unpair_token, token_id=TOKEN).token_id is None
    with pytest.raises(TokenNotPaired):
        _by_token(ledger)
    heir = open_wallet(ledger, TOKEN)
    assert _by_token(ledger).code == heir.code


def test_a_blocked_token_can_be_unpaired(ledger, do):
    open_wallet(ledger)
    do(pairing.block_token, token_id=TOKEN)
    do(pairing.unpair_token, token_id=TOKEN)
    with pytest.raises(TokenNotPaired):
        _by_token(ledger)


def test_a_lost_token_is_replaced_and_blocked_for_whoever_finds_it(ledger, do):
    wallet = open_wallet(ledger, balance_cents=70)
    replaced = do(pairing.replace_token, wallet_code=wallet.code, new_token_id=OTHER)
    assert (replaced.code, replaced.token_id, replaced.balance_cents) == (wallet.code, OTHER, 70)
    assert _by_token(ledger, OTHER).code == wallet.code
    with pytest.raises(TokenBlocked):
        _by_token(ledger, TOKEN)
    followed = "SELECT b.token_id FROM wallet_tokens a JOIN wallet_tokens b ON b.id = a.replaced_by_id"
    assert rows(ledger, followed) == [(OTHER,)]


def test_a_wallet_without_a_token_has_none_to_replace(ledger, do):
    wallet = open_wallet(ledger, None)
    with pytest.raises(TokenNotPaired, match="pair one instead"):
        do(pairing.replace_token, wallet_code=wallet.code, new_token_id=OTHER)


@pytest.mark.parametrize("command", [pairing.block_token, pairing.unpair_token], ids=lambda one: one.name)
@pytest.mark.parametrize("token_id", ["04000000", "", "\ud800"])
def test_only_a_paired_token_is_blocked_or_unpaired(ledger, do, command, token_id):
    with pytest.raises(TokenNotPaired):
        do(command, token_id=token_id)


def test_what_concerns_a_wallet_needs_one_that_exists(do):
    for command, arguments in [
        (pairing.pair_token, {"token_id": TOKEN}),
        (pairing.issue_pairing_code, {}),
        (pairing.replace_token, {"new_token_id": TOKEN}),
    ]:
        for unknown in ("wal_none", "\ud800"):
            with pytest.raises(WalletUnknown):
                do(command, wallet_code=unknown, **arguments)


def test_people_name_a_wallet_by_its_code_or_by_a_token(ledger, do):
    wallet = open_wallet(ledger)
    assert ledger.read(wallet_by_code_or_token, name=wallet.code) == wallet
    assert ledger.read(wallet_by_code_or_token, name="04:A2:24:7E").code == wallet.code
    with pytest.raises(WalletUnknown, match="nobody"):
        ledger.read(wallet_by_code_or_token, name="nobody")
    do(pairing.block_token, token_id=TOKEN)
    with pytest.raises(TokenBlocked):
        ledger.read(wallet_by_code_or_token, name=TOKEN)


def test_a_pairing_code_pairs_the_token_that_is_tapped_with_the_wallet_that_waits(ledger, do, station):
    wallet = open_wallet(ledger, None)
    issued = do(pairing.issue_pairing_code, wallet_code=wallet.code)
    assert issued.wallet_code == wallet.code
    spoken = {"token_id": "04:a2:24:7e", "pairing_code": f" {issued.pairing_code.lower()} "}
    paired = ledger.run(pairing.pair_by_code, actor=station, **spoken).answer
    assert (paired.code, paired.token_id) == (wallet.code, "04:a2:24:7e")


def test_a_pairing_code_works_once(ledger, do, station):
    wallet = open_wallet(ledger, None)
    code = do(pairing.issue_pairing_code, wallet_code=wallet.code).pairing_code
    ledger.run(pairing.pair_by_code, actor=station, token_id=TOKEN, pairing_code=code)
    with pytest.raises(PairingCodeUnknown):
        ledger.run(pairing.pair_by_code, actor=station, token_id=OTHER, pairing_code=code)


def test_a_refused_pairing_does_not_use_up_the_code(ledger, do, station):
    open_wallet(ledger)
    wallet = open_wallet(ledger, None)
    code = do(pairing.issue_pairing_code, wallet_code=wallet.code).pairing_code
    with pytest.raises(TokenTaken):
        ledger.run(pairing.pair_by_code, actor=station, token_id=TOKEN, pairing_code=code)
    ledger.run(pairing.pair_by_code, actor=station, token_id=OTHER, pairing_code=code)


@pytest.mark.parametrize(("minutes", "works"), [(9.99, True), (10, False), (600, False)])
def test_a_pairing_code_is_good_for_ten_minutes(ledger, do, station, clock, minutes, works):
    wallet = open_wallet(ledger, None)
    issued = do(pairing.issue_pairing_code, wallet_code=wallet.code)
    clock.advance(minutes=minutes)
    tap = {"actor": station, "token_id": TOKEN, "pairing_code": issued.pairing_code}
    if works:
        assert clock.now() < issued.expires_at
        assert ledger.run(pairing.pair_by_code, **tap).answer.code == wallet.code
        return
    with pytest.raises(PairingCodeUnknown):
        ledger.run(pairing.pair_by_code, **tap)


@pytest.mark.parametrize("code", ["", "22222222", "x" * 500, "\x00", "\ud800"])
def test_no_other_code_pairs_anything(ledger, do, station, code):
    do(pairing.issue_pairing_code, wallet_code=open_wallet(ledger, None).code)
    with pytest.raises(PairingCodeUnknown):
        ledger.run(pairing.pair_by_code, actor=station, token_id=TOKEN, pairing_code=code)


def test_a_pairing_code_is_kept_by_its_hash(ledger, do):
    code = do(pairing.issue_pairing_code, key="k1", wallet_code=open_wallet(ledger, None).code).pairing_code
    assert code not in repr(contents(ledger))
