"""The terminals of an evening and what they ask before and after it: who they are, and all balances."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from terminal_sim.control import Refused
from terminal_sim.fleet.account import Account, Exchange
from terminal_sim.fleet.firmware import firmware
from terminal_sim.fleet.light import LightTerminal
from terminal_sim.fleet.plan import Crowd
from terminal_sim.fleet.premises import Premises

_TRIES = 5
_PAUSE_S = 0.5


@dataclass(frozen=True)
class Difference:
    """A wallet whose balance is not what its terminals were told; None where the ledger tells none."""

    token: str
    expected_cents: int
    found_cents: int | None


async def require_ledger(url: str) -> None:
    """Raise Refused where no ledger answers, before anything is made for it."""
    stranger = LightTerminal("nobody", url, "unknown", lambda exchange: None)
    answer = await stranger.ask_catalogue()
    await stranger.close()
    # A ledger does not know a stranger, and that is answer enough.
    if isinstance(answer, firmware()["ledger_client.answers"].Unknown):
        raise Refused(_no_ledger(url, answer))


async def sign_in(url: str, premises: Premises, hear: Callable[[Exchange], Any]) -> dict[str, LightTerminal]:
    """Return a light terminal for each api_token, knowing what it may do and sell; raises Refused."""
    lights = {name: LightTerminal(name, url, token, hear) for name, token in premises.api_tokens.items()}
    first, *others = lights.values()
    try:
        # One alone finds out whether there is a ledger.
        _require(url, first, await first.ask_catalogue())
        answers = await asyncio.gather(*(_until_told(light.ask_catalogue) for light in others))
        for light, answer in zip(others, answers, strict=True):
            _require(url, light, answer)
    except Refused:
        for light in lights.values():
            await light.close()
        raise
    return lights


def crowd_of(lights: dict[str, LightTerminal], premises: Premises, devices: int) -> Crowd:
    """Return who can tap where; so many of the terminals, one cash desk among them, are to be devices."""
    bars = [name for name, light in lights.items() if light.products and light.permission != "credit"]
    desks = [name for name, light in lights.items() if name not in bars and light.permission != "debit"]
    if not bars:
        raise Refused("none of the terminals sells anything: at least one needs products and may debit")
    slow = [*desks[: int(devices > 1)], *bars, *desks[1:]][:devices]
    return Crowd(bars, desks, premises.tokens, premises.blocked, frozenset(slow))


async def balances(lights: dict[str, LightTerminal], tokens: tuple[str, ...]) -> dict[str, int | None]:
    """Return what the ledger says is on each token's wallet, in cents; None where it says nothing."""
    found: dict[str, int | None] = {}
    left = list(reversed(tokens))

    async def ask(light: LightTerminal) -> None:
        while left:
            token = left.pop()
            answer = await _until_told(partial(light.ledger.wallet, token))
            found[token] = getattr(answer, "balance_cents", None)

    await asyncio.gather(*(ask(light) for light in lights.values()))
    return found


def differences(
    before: dict[str, int | None], account: Account, after: dict[str, int | None]
) -> list[Difference]:
    """Return the wallets that do not hold what they held before and what their terminals were told since.

    What a posting of unknown fate may have moved is left open: its wallet is not compared.
    """
    moved = account.booked_cents()
    open_tokens = {posting.token for posting in account.unsettled}
    return [
        Difference(token, held + moved[token], after[token])
        for token, held in before.items()
        if held is not None and token not in open_tokens and after[token] != held + moved[token]
    ]


async def _until_told(ask: Callable[[], Awaitable[Any]]) -> Any:
    unknown = firmware()["ledger_client.answers"].Unknown
    for _ in range(_TRIES):
        answer = await ask()
        if not isinstance(answer, unknown):
            break
        await asyncio.sleep(_PAUSE_S)
    return answer


def _require(url: str, light: LightTerminal, answer: Any) -> None:
    answers = firmware()["ledger_client.answers"]
    if isinstance(answer, answers.Unknown):
        raise Refused(_no_ledger(url, answer))
    if isinstance(answer, answers.Refused):
        raise Refused(
            f"the ledger at {url} does not know the api_token of {light.name}: it serves other books than "
            "TAPLEDGER_DATABASE_URL names here, or a later --prepare has given that terminal a new one"
        )


def _no_ledger(url: str, answer: Any) -> str:
    return (
        f"no ledger answers at {url} ({answer.reason}): start one with `tapledger serve`, and give the "
        "address that it prints with --ledger"
    )
