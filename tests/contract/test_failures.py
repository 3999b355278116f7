"""What every dialect promises when we fail: its own words, nothing half written, and a way on."""

from __future__ import annotations

from ledger.foundation.ids import Ids
from ledger.storage import database
from tests.factories.ledgers import raw_connection
from tests.web.applications import nothing_is_written, opened_app


class BrokenDie(Ids):
    """A source of randomness that fails when a posting asks for its code: in the middle of a command."""

    def code(self, prefix: str, at: object = None) -> str:
        """Fail for transactions."""
        if prefix == "txn":
            raise RuntimeError("the die fell under the table")
        return super().code(prefix)


def test_a_failure_in_the_middle_is_said_and_leaves_nothing(speaker, ledger):
    with opened_app(ledger, ids=BrokenDie()) as broken, nothing_is_written(ledger):
        answer = speaker.pay(130, key="again", app=broken)
    assert answer.status_code == 500
    speaker.assert_refusal(answer)
    assert answer.headers["Retry-After"] == "1"
    assert "die" not in answer.get_data(as_text=True)
    assert speaker.is_booked(speaker.pay(130, key="again"))
    assert speaker.balance_cents() == 870


def test_a_failure_is_logged_with_its_cause(speaker, ledger, caplog):
    with opened_app(ledger, ids=BrokenDie()) as broken:
        speaker.pay(130, app=broken)
    assert "the die fell under the table" in caplog.text


def test_a_database_that_is_locked_for_too_long_asks_to_come_again(speaker, ledger, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    with opened_app(ledger) as impatient:
        with nothing_is_written(ledger), raw_connection(ledger) as other:
            other.take_write_lock()
            answer = speaker.pay(130, key="again", app=impatient)
            other.rollback()
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        speaker.assert_refusal(answer)
        assert speaker.is_booked(speaker.pay(130, key="again", app=impatient))


def test_reading_goes_on_while_somebody_writes(speaker, ledger):
    speaker.pay(130)
    with raw_connection(ledger) as other:
        other.take_write_lock()
        assert speaker.balance_cents() == 870
