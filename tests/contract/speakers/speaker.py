"""What a speaker can say: the contract tests know no dialect beyond this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from flask import Flask
from werkzeug.test import TestResponse

from ledger.service import Ledger


class Speaker(Protocol):
    """A dialect's tongue. It holds two callers, `first` and `second`, and one wallet with 10.00 on it.

    `statuses` are those that the dialect documents; `write` names method and path of its request that
    moves money.
    """

    dialect: str
    statuses: frozenset[int]
    write: tuple[str, str]
    secrets: list[str]

    def __init__(self, ledger: Ledger, app: Flask) -> None:
        """Install the callers and open the wallet."""

    def pay(
        self, amount_cents: int, *, key: str | None = None, caller: str = "first", app: Flask | None = None
    ) -> TestResponse:
        """Take money from the wallet."""

    def top_up(self, amount_cents: int) -> TestResponse:
        """Put money onto the wallet."""

    def ask(self, method: str, path: str, *, caller: str | None = "first", **options: object) -> TestResponse:
        """Send any request as one of the callers, or as nobody."""

    def balance_cents(self) -> int:
        """Return the wallet's balance as the dialect tells it."""

    def is_booked(self, answer: TestResponse) -> bool:
        """Say whether an answer says that money moved."""

    def is_repeat(self, answer: TestResponse) -> bool:
        """Say whether an answer says that the same was done before, and nothing now."""

    def assert_refusal(self, answer: TestResponse) -> None:
        """Hold that an answer is a refusal in the dialect's envelope, with a status that it documents."""

    def tour(self) -> Iterator[tuple[str, TestResponse]]:
        """Send one request that succeeds to each route: yields the route and the answer.

        A secret that an answer had to show is no longer in `secrets` when that answer is yielded.
        """
