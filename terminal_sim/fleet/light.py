"""A light terminal: the firmware's ledger client, journal and settlement, without a device around them."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable
from typing import Any

from terminal_sim.fleet.account import Exchange
from terminal_sim.fleet.firmware import firmware
from terminal_sim.fleet.line import Line
from terminal_sim.fleet.plan import BUY, LOOK, LOOK_AND_BUY, Tap

# The firmware's own defaults (system/config.py).
REQUEST_TIMEOUT_MS = 4000
PURCHASE_DEADLINE_MS = 20_000
CATALOGUE_S = 60
LONGEST_SETTLING_PAUSE_MS = 30_000


class LightTerminal:
    """Speaks to the ledger as a device does, byte for byte, and acts as the device does on what it hears.

    Its keys begin with an install id that is drawn anew for each one: no seed may ever make a key again.
    `hear` is told of each exchange. Belongs to one event loop.
    """

    def __init__(self, name: str, url: str, api_token: str, hear: Callable[[Exchange], None]) -> None:
        modules = firmware()
        is_tls, address = modules["system.config"].parse_url(url)
        self.name = name
        self.line = Line(is_tls)
        client = modules["ledger_client.http"].HttpClient
        http = client(address, api_token, REQUEST_TIMEOUT_MS, self.line.open)
        self._http = _Heard(http, name, self.line, hear)
        backoff = modules["ledger_client.backoff"].Backoff
        self.ledger = modules["ledger_client.api"].Ledger(self._http, backoff(os.urandom))
        self._journal = modules.journal(os.urandom)
        self._settlement = modules["journal.settlement"].Settlement(
            self._journal,
            self.ledger,
            backoff(os.urandom, longest_ms=LONGEST_SETTLING_PAUSE_MS),
            lambda _record, _balance_cents: None,
        )
        self._records = modules["journal.records"]
        self._answers = modules["ledger_client.answers"]
        self._top_up_text = modules["system.texts_en"].TEXTS["top_up_description"]
        self._taps: asyncio.Queue[Tap] = asyncio.Queue()
        self._tasks: list[asyncio.Future] = []
        self._is_serving = False
        self.permission = ""
        self.products: list[tuple[str, str, int]] = []

    @property
    def failure(self) -> str | None:
        """Why it does not serve any more; None while it does."""
        ended = [task for task in self._tasks if task.done() and not task.cancelled()]
        return next((repr(task.exception()) for task in ended if task.exception()), None)

    @property
    def is_at_rest(self) -> bool:
        """Tell whether nobody waits here, and nothing in the journal waits for the ledger."""
        if self.failure:
            return True
        return self._taps.empty() and not self._is_serving and not self._journal.open_records

    def open(self, done: Callable[[], Any]) -> None:
        """Serve whoever comes from now on, settle beside it, and call `done` after each tap."""
        work = (self._serve_all(done), self._settlement.run(lambda: None), self._keep_catalogue())
        self._tasks = [asyncio.ensure_future(each) for each in work]

    def serve(self, tap: Tap) -> None:
        """Let somebody with a token come, behind those who wait already."""
        self._taps.put_nowait(tap)

    def send_home(self) -> None:
        """Let those go who wait."""
        while not self._taps.empty():
            self._taps.get_nowait()

    async def close(self) -> None:
        """Stop serving, wherever that is, and hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self._http.close()

    async def ask_catalogue(self) -> Any:
        """Ask who this terminal is and what it sells, and remember its products; returns the answer."""
        answer = await self.ledger.terminal()
        if isinstance(answer, self._answers.Accepted):
            self.permission = answer.data.get("permission") or "all"
            self.products = [
                (product["id"], (product.get("friendly_name") or product["id"])[:64], product["price"])
                for product in answer.data["products"]
            ]
        return answer

    async def _serve_all(self, done: Callable[[], Any]) -> None:
        while True:
            tap = await self._taps.get()
            self._is_serving = True
            await self._serve(tap)
            self._is_serving = False
            done()

    async def _serve(self, tap: Tap) -> None:
        if tap.does == LOOK:
            await self.ledger.wallet(tap.token)
            return
        record = self._vend(tap) if tap.does in (BUY, LOOK_AND_BUY) else self._top_up(tap)
        if tap.does == LOOK_AND_BUY and not await self._is_content(tap, record):
            return
        if tap.lost:
            self.line.lose(tap.lost)
        await self._book(record)
        self.line.heal()

    async def _keep_catalogue(self) -> None:
        # Devices were not all switched on at one moment, and so do not all ask at one.
        await asyncio.sleep(random.uniform(0, CATALOGUE_S))
        while True:
            await self.ask_catalogue()
            await asyncio.sleep(CATALOGUE_S)

    async def _is_content(self, tap: Tap, record: Any) -> bool:
        """Ask for the balance, and for what would be left, as a device does that is tapped first."""
        if not isinstance(await self.ledger.wallet(tap.token), self._answers.Accepted):
            return False
        return isinstance(await self.ledger.preview(record), self._answers.Accepted)

    def _vend(self, tap: Tap) -> Any:
        product_id, label, price_cents = self.products[tap.choice % len(self.products)]
        record = self._journal.new_record(self._records.VEND, tap.token, price_cents)
        record.item, record.text = product_id, label
        return record

    def _top_up(self, tap: Tap) -> Any:
        record = self._journal.new_record(self._records.TOP_UP, tap.token, tap.cents)
        record.text = self._top_up_text
        return record

    async def _book(self, record: Any) -> None:
        """Book as devices/station.py and its two devices do: what stays unknown is the settlement's."""
        record.is_held = True
        self._journal.begin(record)
        answer = await self.ledger.post_until_known(record, PURCHASE_DEADLINE_MS, _nothing)
        is_vend = record.kind == self._records.VEND
        if isinstance(answer, self._answers.Accepted):
            if is_vend:
                self._journal.mark(record, self._records.APPROVED)
            self._journal.mark(record, self._records.VENDED if is_vend else self._records.CREDITED)
        elif isinstance(answer, self._answers.Refused):
            self._journal.mark(record, self._records.REFUSED)
        elif not answer.was_sent:
            self._journal.mark(record, self._records.NOT_SENT)
        record.is_held = False
        self._settlement.wake()


async def _nothing(_is_doubtful: bool) -> None:
    """Tell nobody: there is no display."""


class _Heard:
    """Stands for the firmware's HTTP client, and tells of each exchange."""

    def __init__(self, http: Any, terminal: str, line: Line, hear: Callable[[Exchange], None]) -> None:
        self._http, self._terminal, self._line, self._hear = http, terminal, line, hear

    async def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Send one request and return (status, body bytes); raises the firmware's HttpError."""
        fields = json.loads(body) if body else {}
        http_error = firmware()["ledger_client.http"].HttpError
        try:
            status, raw = await self._http.request(method, path, body)
        except http_error as error:
            self._hear(Exchange(self._terminal, method, path, fields, was_sent=error.was_sent))
            raise
        answer, latency_ms = _object(raw), self._line.latency_ms
        self._hear(Exchange(self._terminal, method, path, fields, status, answer, latency_ms))
        return status, raw

    async def close(self) -> None:
        """Close the connection."""
        await self._http.close()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
