"""The terminal API as the web floor sees it."""

from __future__ import annotations

from ledger.dialects.terminal import (
    conventions,
    routes_batches,
    routes_firmware,
    routes_holds,
    routes_pairing,
    routes_terminals,
    routes_wallets,
)
from ledger.dialects.terminal.express import TRANSACTION
from ledger.web.dialect import Dialect

DESCRIPTION = """Wallets on RFID tokens for coffee machines, coin acceptors, phones and services.

Money is whole cents; credits are positive, debits negative. Everything returned is wrapped in `data`.
A request that moves money carries an `idempotency_key` of your own: repeat it unchanged until you are
answered, and it is booked once."""

TERMINAL = Dialect(
    name="terminal",
    prefix=conventions.PREFIX,
    title="Tapledger terminal API",
    description=DESCRIPTION,
    blueprints=(
        routes_terminals.own,
        routes_wallets.by_token,
        routes_wallets.transactions,
        routes_wallets.others,
        routes_batches.batches,
        routes_holds.holds,
        routes_pairing.pairing,
        routes_firmware.firmware,
        routes_terminals.administration,
    ),
    say=conventions.say,
    security_schemes=conventions.SECURITY_SCHEMES,
    express=(TRANSACTION,),
)
