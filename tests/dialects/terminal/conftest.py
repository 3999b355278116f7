"""Terminals, a wallet and the application that the terminal API's tests speak to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from ledger.demo_data import load
from ledger.domain.wallets.records import WalletRecord
from ledger.service import Ledger
from tests.factories.terminals import install, install_coffee_machine, install_coin_station
from tests.factories.wallets import open_wallet
from tests.web.applications import Caller, opened_app, operator_token


@pytest.fixture
def app(ledger: Ledger) -> Iterator[Flask]:
    """Return the application on the test's ledger."""
    with opened_app(ledger) as app:
        yield app


@pytest.fixture
def demo(ledger: Ledger) -> dict[str, str]:
    """Return what the demo data hands out; the ledger holds the published examples."""
    return load(ledger.database, ledger.settings)


@pytest.fixture
def wallet(ledger: Ledger) -> WalletRecord:
    """Return a wallet with 10.00 on it, on the factories' token."""
    return open_wallet(ledger, balance_cents=1000)


@pytest.fixture
def coffee_machine(ledger: Ledger, app: Flask) -> Caller:
    """Return a terminal that may debit only and sells espresso for 25 and cappuccino for 50."""
    return Caller(app, install_coffee_machine(ledger).api_token)


@pytest.fixture
def coin_station(ledger: Ledger, app: Flask) -> Caller:
    """Return a terminal that may credit only and sells nothing."""
    return Caller(app, install_coin_station(ledger).api_token)


@pytest.fixture
def cash_desk(ledger: Ledger, app: Flask) -> Caller:
    """Return a terminal that may do both."""
    return Caller(app, install(ledger, "cash_desk").api_token)


@pytest.fixture
def admin(ledger: Ledger, app: Flask) -> Caller:
    """Return an operator who manages terminals."""
    return Caller(app, operator_token(ledger))


@pytest.fixture
def nobody(app: Flask) -> Caller:
    """Return somebody without a credential."""
    return Caller(app)
