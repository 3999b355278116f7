"""What every dialect promises about money: once, for its owner, or not at all."""

from __future__ import annotations

from ledger.app import DIALECTS
from tests.contract.speakers import SPEAKERS
from tests.factories.ledgers import count
from tests.web.applications import nothing_is_written


def test_every_dialect_has_its_speaker():
    assert [speaker.dialect for speaker in SPEAKERS] == [dialect.name for dialect in DIALECTS]


def test_a_payment_takes_its_amount(speaker):
    assert speaker.is_booked(speaker.pay(130))
    assert speaker.balance_cents() == 870


def test_a_repeated_request_moves_money_once(speaker, ledger):
    assert speaker.is_booked(speaker.pay(130, key="once"))
    with nothing_is_written(ledger):
        for _ in range(3):
            again = speaker.pay(130, key="once")
            assert speaker.is_repeat(again)
            assert not speaker.is_booked(again)
    assert speaker.balance_cents() == 870


def test_an_equal_key_with_other_content_is_refused(speaker, ledger):
    speaker.pay(130, key="once")
    with nothing_is_written(ledger):
        speaker.assert_refusal(speaker.pay(131, key="once"))
    assert speaker.balance_cents() == 870


def test_a_refused_attempt_does_not_use_up_its_key(speaker, ledger):
    with nothing_is_written(ledger):
        speaker.assert_refusal(speaker.pay(1001, key="later"))
    speaker.top_up(1)
    assert speaker.is_booked(speaker.pay(1001, key="later"))
    assert speaker.balance_cents() == 0


def test_another_callers_equal_key_is_another_key(speaker, ledger):
    assert speaker.is_booked(speaker.pay(130, key="equal", caller="first"))
    assert speaker.is_booked(speaker.pay(130, key="equal", caller="second"))
    assert speaker.is_booked(speaker.pay(7, key="other", caller="first"))
    assert speaker.is_booked(speaker.pay(8, key="other", caller="second"))
    assert speaker.balance_cents() == 1000 - 130 - 130 - 7 - 8
    assert count(ledger, "idempotency_keys") == 4


def test_without_a_key_every_request_counts(speaker):
    assert speaker.is_booked(speaker.pay(1))
    assert speaker.is_booked(speaker.pay(1))
    assert speaker.balance_cents() == 998


def test_a_wallet_is_never_overdrawn(speaker, ledger):
    assert speaker.is_booked(speaker.pay(1000))
    with nothing_is_written(ledger):
        speaker.assert_refusal(speaker.pay(1))
    assert speaker.balance_cents() == 0
