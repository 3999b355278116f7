"""The short way of the one route that is asked a thousand times a day: a transaction on a token's wallet."""

from __future__ import annotations

import re
from typing import Any

from ledger.dialects.terminal.conventions import PREFIX, as_tapped, booking_terminal
from ledger.dialects.terminal.shapes_wallets import TransactionRequestSchema, WalletSchema
from ledger.dialects.terminal.transactions import asked
from ledger.service import Ledger
from ledger.web.dispatch import Outcome
from ledger.web.express import Asked, ExpressRoute, Plain

_REQUEST, _WALLET = TransactionRequestSchema(), WalletSchema()


def _is_recent(ledger: Ledger, plain: Plain) -> bool:
    return ledger.is_recent(plain.bearer_token)


def _ask(ledger: Ledger, plain: Plain) -> Asked:
    _, actor = booking_terminal(ledger, plain.bearer_token)
    command, key, arguments = asked(plain.place, _REQUEST.load(plain.body))
    return Asked(actor, command, key, arguments)


def _answer(plain: Plain, outcome: Outcome) -> Any:
    return {"data": _WALLET.dump(as_tapped(outcome.answer, plain.place))}


TRANSACTION = ExpressRoute(
    rule=f"{PREFIX}/wallets/token/<token_id>/transactions",
    path=re.compile(rf"{PREFIX}/wallets/token/([0-9A-Za-z]{{1,64}})/transactions"),
    is_recent=_is_recent,
    ask=_ask,
    answer=_answer,
)
