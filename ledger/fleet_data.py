"""What a simulated festival evening needs: terminals and wallets of the fleet's own, named "Fleet …"."""

from __future__ import annotations

from typing import Any

from ledger.domain.catalog.commands import install_terminal
from ledger.domain.catalog.records import Offer
from ledger.domain.devices.commands import roll_api_token
from ledger.domain.devices.queries import terminals
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.errors import TokenBlocked, TokenNotPaired
from ledger.domain.wallets.pairing import block_token, open_wallet
from ledger.domain.wallets.queries import money_beside, wallet_by_token
from ledger.domain.wallets.records import WalletRecord
from ledger.foundation.actor import operator_on_this_machine
from ledger.foundation.errors import Conflict
from ledger.foundation.progress import Progress, quietly
from ledger.service import Ledger
from ledger.storage.command import Command

GUEST = "Fleet guest "
OFFERS = (
    Offer("fleet-water", "Fleet water", 150),
    Offer("fleet-beer", "Fleet beer", 400),
    Offer("fleet-fries", "Fleet fries", 450),
)
START_CENTS = 3000
# One cash desk to so many bars, one guest without money and one lost token to so many guests.
BARS_PER_DESK = 7
EVERY_POOR, EVERY_LOST = 10, 50


class OthersMoney(Conflict):
    """There are wallets with money that are not the fleet's, and nobody has said that this is all right."""

    code = "others_money"
    message = "There is money in these books that is not the fleet's."


def prepare(
    ledger: Ledger, *, bars_and_desks: int, guests: int, is_mixed: bool = False, progress: Progress = quietly
) -> dict[str, Any]:
    """Have so many terminals and wallets for a fleet; returns their api_tokens and the guests' tokens.

    What an earlier call has made is used again: its terminals get new api_tokens (the old ones are dead),
    its wallets are filled up to START_CENTS. Every tenth guest has no money to begin with, and every
    fiftieth has lost the token, which is blocked and among `blocked`. Refuses with OthersMoney where wallets
    that are not the fleet's hold money, unless `is_mixed`, and where one of its tokens is somebody's.
    """
    count, cents = ledger.read(money_beside, user_prefix=GUEST)
    if count and not is_mixed:
        raise OthersMoney(
            f"{cents} cents in these books are not the fleet's (wallets: {count}). Give the fleet books of "
            "its own, or add --yes: it moves no money but its own, and what it books stays there."
        )
    total = bars_and_desks + guests
    known = {terminal.slug for terminal in ledger.read(terminals)}
    api_tokens = {}
    for number, slug in enumerate(_slugs(bars_and_desks), start=1):
        api_tokens[slug] = _api_token(ledger, slug, is_known=slug in known)
        progress("fleet", number, total)
    tokens, blocked = [], []
    for number in range(1, guests + 1):
        (blocked if _seat(ledger, number) else tokens).append(_token_id(number))
        progress("fleet", bars_and_desks + number, total)
    return {"terminals": api_tokens, "tokens": tokens, "blocked": blocked}


def _slugs(count: int) -> list[str]:
    desks = max(1, count // (BARS_PER_DESK + 1))
    bars = [f"fleet-bar-{number:03}" for number in range(1, count - desks + 1)]
    return bars + [f"fleet-desk-{number:03}" for number in range(1, desks + 1)]


def _api_token(ledger: Ledger, slug: str, *, is_known: bool) -> str:
    if is_known:
        return _run(ledger, roll_api_token, slug=slug).api_token
    _, kind, number = slug.split("-")
    is_bar = kind == "bar"
    details = {
        "slug": slug,
        "friendly_name": f"Fleet {'bar' if is_bar else 'cash desk'} {int(number)}",
        "permission": TerminalPermission.DEBIT if is_bar else TerminalPermission.CREDIT,
        "offers": OFFERS if is_bar else (),
    }
    return _run(ledger, install_terminal, currency=ledger.settings.currency, **details).api_token


def _token_id(number: int) -> str:
    return f"04F1EE{number:08X}"


def _seat(ledger: Ledger, number: int) -> bool:
    """Have a guest with a wallet and the money to begin with; tell whether the token is blocked."""
    try:
        wallet = _wallet(ledger, number)
    except TokenBlocked:
        return True
    missing_cents = START_CENTS - wallet.balance_cents
    if number % EVERY_POOR and missing_cents > 0:
        credit = {"amount_cents": missing_cents, "description": "Fleet start"}
        _run(ledger, top_up_by_hand, wallet_code=wallet.code, **credit)
    if number % EVERY_LOST:
        return False
    _run(ledger, block_token, token_id=_token_id(number))
    return True


def _wallet(ledger: Ledger, number: int) -> WalletRecord:
    token_id = _token_id(number)
    try:
        wallet = ledger.read(wallet_by_token, token_id=token_id)
    except TokenNotPaired:
        details = {"token_id": token_id, "user_name": f"{GUEST}{number}"}
        return _run(ledger, open_wallet, currency=ledger.settings.currency, **details)
    if not (wallet.user_name or "").startswith(GUEST):
        raise OthersMoney(f"The token {token_id} is somebody's, and the fleet would spend his money.")
    return wallet


def _run(ledger: Ledger, command: Command, **arguments: Any) -> Any:
    return ledger.run(command, actor=operator_on_this_machine(), **arguments).answer
