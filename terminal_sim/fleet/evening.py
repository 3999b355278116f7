"""Runs an evening: opens all terminals, lets people come by plan, waits until all is settled, looks again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from terminal_sim.control import Refused
from terminal_sim.fleet.account import Account, Exchange
from terminal_sim.fleet.light import LightTerminal
from terminal_sim.fleet.plan import Pace, Tap, draw
from terminal_sim.fleet.premises import Premises
from terminal_sim.fleet.roster import Difference, balances, crowd_of, differences, sign_in

# A device's longest sale and its longest pause are over by then: what nobody has done since stays undone.
PATIENCE_S = 90
_LOOK_S = 0.1
# Devices that start all at once would only be in each other's way.
_STARTING_AT_ONCE = 2


@dataclass
class Outcome:
    """What an evening came to: `account` is what was said on the wire, `differences` should be none."""

    account: Account
    planned: int
    terminals: int
    devices: int
    tokens: int
    done: int = 0
    seconds: float = 0.0
    # How many people went away from a device unserved, and which terminals failed and why.
    missed: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    is_cut_short: bool = False
    differences: list[Difference] = field(default_factory=list)


class Evening:
    """One evening at a ledger's address; `say(text)` and `count(done, planned)` tell how far it is.

    `stop()` ends it early: nobody comes any more, and what was begun is settled.
    """

    def __init__(
        self,
        url: str,
        premises: Premises,
        *,
        say: Callable[[str], Any] = lambda text: None,
        count: Callable[[int, int], Any] = lambda done, planned: None,
    ) -> None:
        self._url, self._premises = url, premises
        self._say, self._count = say, count
        self._account: Account | None = None
        self._is_stopping = asyncio.Event()

    def stop(self) -> None:
        """Let nobody come any more."""
        self._is_stopping.set()

    async def run(self, pace: Pace, devices: int, seed: int) -> Outcome:
        """Do it, and return what it came to; raises Refused when it cannot begin."""
        lights = await sign_in(self._url, self._premises, self._hear)
        try:
            return await self._run(lights, pace, devices, seed)
        finally:
            for light in lights.values():
                await light.close()

    async def _run(self, lights: dict[str, LightTerminal], pace: Pace, devices: int, seed: int) -> Outcome:
        crowd = crowd_of(lights, self._premises, devices)
        before = await balances(lights, self._premises.tokens)
        taps = draw(crowd, pace, seed)
        account = Account({name: _prices_cents(light) for name, light in lights.items()})
        tokens = len(self._premises.tokens) + len(self._premises.blocked)
        outcome = Outcome(account, len(taps), len(lights), 0, tokens)
        running = await self._start_devices(lights, crowd.slow)
        outcome.devices = len(running)
        try:
            self._account = account
            crew = {**lights, **running}
            await self._play(taps, crew, outcome)
            outcome.failures = {name: each.failure for name, each in crew.items() if each.failure}
        finally:
            self._account = None
            for device in running.values():
                device.stop()
        outcome.missed = sum(device.missed for device in running.values())
        outcome.differences = differences(before, account, await balances(lights, self._premises.tokens))
        return outcome

    def _hear(self, exchange: Exchange) -> None:
        # What is asked before and after the evening is no part of it.
        if self._account is not None:
            self._account.hear(exchange)

    async def _start_devices(self, lights: dict[str, LightTerminal], names: Iterable[str]) -> dict[str, Any]:
        waiting = sorted(names)
        if not waiting:
            return {}
        from terminal_sim.fleet.device import FleetDevice

        loop, running = asyncio.get_running_loop(), {}
        self._say(f"starting {len(waiting)} devices with the real firmware")
        while waiting and not self._is_stopping.is_set():
            some, waiting = waiting[:_STARTING_AT_ONCE], waiting[_STARTING_AT_ONCE:]
            for name in some:
                device = FleetDevice(name, self._url, self._premises.api_tokens[name], lights[name].products)
                device.tell = lambda exchange: loop.call_soon_threadsafe(self._hear, exchange)
                running[name] = device
                device.start()
            for name in some:
                await asyncio.to_thread(running[name].ready.wait)
        failed = next((device for device in running.values() if device.failure), None)
        if failed:
            for device in running.values():
                device.stop()
            raise Refused(f"{failed.name} did not start: {failed.failure}")
        return running

    async def _play(self, taps: list[Tap], crew: dict[str, Any], outcome: Outcome) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()

        def done() -> None:
            outcome.done += 1
            outcome.seconds = loop.time() - began_s
            self._count(outcome.done, outcome.planned)

        for each in crew.values():
            is_light = isinstance(each, LightTerminal)
            each.open(done if is_light else lambda: loop.call_soon_threadsafe(done))
        for tap in taps:
            if await self._is_stopped_within(began_s + tap.at_s - loop.time()):
                break
            crew[tap.terminal].serve(tap)
        await self._rest(crew, outcome)

    async def _is_stopped_within(self, seconds: float) -> bool:
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_stopping.wait(), seconds)
        return self._is_stopping.is_set()

    async def _rest(self, crew: dict[str, Any], outcome: Outcome) -> None:
        """Wait until all who have come are served and every fate is known, or nothing happens any more."""
        loop = asyncio.get_running_loop()
        done, since_s = outcome.done, loop.time()
        # What a device's thread has told last may still be on its way here.
        times_at_rest = 0
        while times_at_rest < 2 and loop.time() - since_s < PATIENCE_S:
            if self._is_stopping.is_set():
                outcome.is_cut_short = outcome.done < outcome.planned
                for each in crew.values():
                    each.send_home()
            await asyncio.sleep(_LOOK_S)
            if outcome.done != done:
                done, since_s = outcome.done, loop.time()
            is_at_rest = all(each.is_at_rest for each in crew.values()) and not outcome.account.unsettled
            times_at_rest = times_at_rest + 1 if is_at_rest else 0


def _prices_cents(light: LightTerminal) -> dict[str, int]:
    return {product_id: price_cents for product_id, _, price_cents in light.products}
