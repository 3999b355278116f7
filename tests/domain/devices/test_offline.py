"""Offline allowances: granted by an operator, shown to the terminal, taken back."""

from __future__ import annotations

import pytest

from ledger.domain.devices.errors import InvalidAllowance, TerminalUnknown
from ledger.domain.devices.offline import grant_offline, offline_allowance
from ledger.domain.devices.records import OfflineAllowanceRecord
from ledger.foundation.actor import operator_on_this_machine
from tests.factories.ledgers import contents
from tests.factories.terminals import install

LIMITS = {"per_token_cents": 200, "in_sum_cents": 2000, "count": 20, "hours": 48}


def grant(ledger, slug="kiosk", **changes):
    allowance = OfflineAllowanceRecord(**{**LIMITS, **changes})
    return ledger.run(grant_offline, actor=operator_on_this_machine(), slug=slug, allowance=allowance)


def granted(ledger, terminal):
    return ledger.read(offline_allowance, terminal_id=terminal.record.id)


def test_nothing_is_granted_until_somebody_grants_it(ledger):
    assert granted(ledger, install(ledger, "kiosk")) is None


def test_a_grant_is_replaced_by_the_next_one_and_taken_back(ledger):
    kiosk, bar = install(ledger, "kiosk"), install(ledger, "bar")
    grant(ledger)
    grant(ledger, per_token_cents=300)
    assert granted(ledger, kiosk) == OfflineAllowanceRecord(**{**LIMITS, "per_token_cents": 300})
    assert granted(ledger, bar) is None
    ledger.run(grant_offline, actor=operator_on_this_machine(), slug="kiosk", allowance=None)
    assert granted(ledger, kiosk) is None


@pytest.mark.parametrize("name", sorted(LIMITS))
@pytest.mark.parametrize("limit", [0, -1, 10**9])
def test_a_limit_out_of_bounds_is_refused_by_name(ledger, name, limit):
    install(ledger, "kiosk")
    before = contents(ledger)
    with pytest.raises(InvalidAllowance) as caught:
        grant(ledger, **{name: limit})
    assert set(caught.value.fields) == {name}
    assert contents(ledger) == before


def test_a_terminal_that_is_not_there_is_granted_nothing(ledger):
    with pytest.raises(TerminalUnknown):
        grant(ledger, "nobody")
