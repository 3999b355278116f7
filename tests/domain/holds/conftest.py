"""A wallet with money, a machine that may debit, and a hold of it."""

from __future__ import annotations

import pytest

from ledger.domain.holds.commands import reserve
from tests.factories.holds import VEND
from tests.factories.terminals import install_coffee_machine
from tests.factories.wallets import open_wallet


@pytest.fixture
def wallet(ledger):
    """Return a wallet with 10.00 on it."""
    return open_wallet(ledger, balance_cents=1000)


@pytest.fixture
def machine(ledger):
    """Return the coffee machine's actor: it may debit."""
    return install_coffee_machine(ledger).actor


@pytest.fixture
def hold(ledger, wallet, machine):
    """Return the code of a hold of 3.00 for two minutes."""
    return ledger.run(reserve, actor=machine, amount_cents=300, **VEND).answer.hold.code
