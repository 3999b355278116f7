"""The fleet's own account: what each terminal was told on the wire, and what must be in the books by that."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from terminal_sim.fleet.firmware import firmware

BOOKED = (201, 202)


@dataclass(frozen=True)
class Exchange:
    """One request of a terminal and what it heard; without an answer `status` and `latency_ms` are None.

    `was_sent` is False when the ledger cannot have got it. The path begins with /pos.
    """

    terminal: str
    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
    answer: dict[str, Any] = field(default_factory=dict)
    latency_ms: float | None = None
    was_sent: bool = True


@dataclass
class Posting:
    """One key: what it is to move on the wallet of a token, and what is known of it."""

    terminal: str
    key: str
    token: str
    cents: int
    told: int | None = None
    is_doubtful: bool = False
    is_refused: bool = False
    is_void: bool = False

    @property
    def is_settled(self) -> bool:
        """Tell whether it is known how much of it is in the books."""
        return bool(self.told or self.is_void or self.is_refused or not self.is_doubtful)

    @property
    def booked_cents(self) -> int:
        """What it has moved in the end; an acknowledged key counts once, one given back is nothing."""
        return self.cents if self.told and not self.is_void else 0


class Account:
    """Hears every exchange of every terminal; `prices_cents` is terminal -> product -> price.

    Not for several threads at once.
    """

    def __init__(self, prices_cents: dict[str, dict[str, int]]) -> None:
        self._prices_cents = prices_cents
        self.postings: dict[tuple[str, str], Posting] = {}
        self.latencies_ms: list[float] = []
        self.refusals: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self.requests = self.repeats = self.unanswered = self.unsent = 0
        self.doubtful: set[tuple[str, str]] = set()

    def hear(self, exchange: Exchange) -> None:
        """Take one exchange."""
        status = exchange.status
        self.requests += exchange.was_sent
        self.unsent += not exchange.was_sent
        if exchange.latency_ms is not None:
            self.latencies_ms.append(exchange.latency_ms)
        if status is None:
            self.unanswered += exchange.was_sent
        elif status >= 500 or status in (408, 409, 429):
            self.troubles[str(exchange.answer.get("code", status))] += 1
        elif status >= 400:
            self.refusals[str(exchange.answer.get("code", status))] += 1
        parts = exchange.path.split("?")[0].strip("/").split("/")
        if exchange.method != "POST" or "dry_run" in exchange.path:
            return
        if parts[-1] == "transactions":
            self._hear_posting(exchange, parts[3])
        elif parts[-1] == "reverse":
            self._hear_reversal(exchange, parts[2])

    @property
    def unsettled(self) -> list[Posting]:
        """The postings whose fate is not known."""
        return [each for each in self.postings.values() if not each.is_settled]

    def booked_cents(self) -> Counter[str]:
        """Return token -> what must have moved on its wallet."""
        moved: Counter[str] = Counter()
        for each in self.postings.values():
            moved[each.token] += each.booked_cents
        return moved

    def receipts(self) -> list[str]:
        """Return what terminals were told of money, as the lines that `tapledger audit --receipts` reads."""
        return [
            json.dumps(
                {
                    "terminal": each.terminal,
                    "idempotency_key": each.key,
                    "status": each.told,
                    "token_id": each.token,
                    "amount": each.cents,
                }
            )
            for each in self.postings.values()
            if each.told
        ]

    def _hear_posting(self, exchange: Exchange, token: str) -> None:
        name = exchange.terminal, exchange.body["idempotency_key"]
        posting = self.postings.get(name)
        if posting is None:
            posting = self.postings[name] = Posting(*name, token, self._cents(exchange))
        elif exchange.was_sent:
            self.repeats += 1
        status = exchange.status
        if status in BOOKED:
            # A repeat's 202 says no more than the first 201.
            posting.told = posting.told or status
        elif status is None or status >= 500 or status in (408, 409, 429):
            if exchange.was_sent:
                posting.is_doubtful = True
                self.doubtful.add(name)
        elif not posting.is_doubtful or _proves(status, exchange.answer):
            posting.is_refused = True

    def _hear_reversal(self, exchange: Exchange, key: str) -> None:
        posting = self.postings.get((exchange.terminal, key))
        if posting is not None and exchange.status is not None and 200 <= exchange.status <= 299:
            posting.is_void = True

    def _cents(self, exchange: Exchange) -> int:
        body = exchange.body
        if "amount" in body:
            return body["amount"]
        prices_cents = self._prices_cents[exchange.terminal]
        return -sum(prices_cents[product] for product in body["products"])


def _proves(status: int, answer: dict[str, Any]) -> bool:
    # What a refusal says of earlier tries with the same key is the firmware's knowledge.
    refused = firmware()["ledger_client.answers"].Refused(status, answer.get("code"))
    return refused.proves_nothing_was_booked
