"""What can be expected of a terminal: one vocabulary for tests in Python and for scenarios."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from terminal_sim.ledger_view import balance_cents
from terminal_sim.values import check_value

TIMEOUT_S = 30.0
# Asking the ledger costs real time.
LOOK_AT_LEDGER_EVERY_S = 1.0


class NotSeen(AssertionError):
    """What a test or a person waited for did not come; the message shows display and console."""


@dataclass(frozen=True)
class Expectation:
    """A line for people, the kinds of its value, and whether it is of a token's wallet, not of a terminal."""

    line: str
    kinds: tuple[type, ...]
    is_of_token: bool = False

    def check(self, name: str, value: Any) -> None:
        """Refuse a value of another kind: BadAction, which says what is taken."""
        check_value(name, value, self.kinds)


class Expecting:
    """The expectations of a terminal.

    Each lets time pass until it holds, at most `timeout_s`, and raises NotSeen when it does not: in words
    what should be and what is, then display, requests and console. Counts are since the beginning, and one
    that is exceeded is not waited for.
    """

    def expect_display(self, text: str, timeout_s: float = TIMEOUT_S) -> None:
        """Expect a text on the display, on one line or broken over several."""
        self.wait_display(text, timeout_s)

    def expect_console(self, text: str, timeout_s: float = TIMEOUT_S) -> None:
        """Expect a line on the console, now or earlier, that has this text in it."""
        self._expect(f"{text!r} was not on the console", lambda: self._has_said(text), timeout_s)

    def expect_health(self, text: str, timeout_s: float = TIMEOUT_S) -> None:
        """Expect a line of the health report, now or earlier, that has this text in it."""
        self._expect(f"{text!r} was not reported", lambda: self._has_said(text, " health: "), timeout_s)

    def expect_power(self, is_on: bool, timeout_s: float = TIMEOUT_S) -> None:
        """Expect the power to be on, or off."""
        wanted = "on" if is_on else "off"
        self._expect(f"the power should be {wanted}", lambda: self.is_powered is is_on, timeout_s)

    def expect_relay(self, closures: int, timeout_s: float = TIMEOUT_S) -> None:
        """Expect that the relay has closed exactly so often."""
        self._expect_count("the relay's closures", closures, lambda: self.relay_closures, timeout_s)

    def expect_cups(self, cups: int, timeout_s: float = TIMEOUT_S) -> None:
        """Expect that the coffee machine behind the relay has begun to brew exactly so many cups."""
        self._expect_count("the number of cups", cups, lambda: self.cups, timeout_s)

    def expect_sold(self, items: int, timeout_s: float = TIMEOUT_S) -> None:
        """Expect that the vending machine has given exactly so many items for credit."""
        self._expect_count("the number of items sold", items, lambda: self.items_sold, timeout_s)

    def expect_posts(self, posts: int, timeout_s: float = TIMEOUT_S) -> None:
        """Expect that exactly so many postings were sent."""
        count = self.network.count
        self._expect_count("the number of postings sent", posts, lambda: count("POST"), timeout_s)

    def expect_keys(self, keys: int, timeout_s: float = TIMEOUT_S) -> None:
        """Expect that the requests have exactly so many different idempotency keys."""
        self._expect_count("the number of idempotency keys", keys, lambda: len(self._keys()), timeout_s)

    def expect_journal(self, depth: int, timeout_s: float = TIMEOUT_S) -> None:
        """Expect that exactly so many movements of money are not settled in the device's journal."""
        self._expect_same("the number of unsettled records", depth, lambda: len(self.open_records), timeout_s)

    def expect_coin_returned(self, cents: int, timeout_s: float = TIMEOUT_S) -> None:
        """Drop a coin of so many cents into the slot and expect that it falls through, at once."""
        self._expect(f"the coin of {cents} cents was taken", lambda: not self.insert_coin(cents), 0)

    def expect_balance(self, uid: str, cents: int, timeout_s: float = TIMEOUT_S) -> None:
        """Expect this balance of a token's wallet; meanwhile time passes on all terminals."""
        self._expect_told(f"the balance of {uid}", cents, lambda: self.balance_cents(uid), timeout_s)

    def expect_change(self, uid: str, cents: int, timeout_s: float = TIMEOUT_S) -> None:
        """Expect that the wallet of a token has so many cents more, or less, than at note_balance."""
        before = self.noted_cents[uid]
        told = f"the change of {uid}'s balance"
        self._expect_told(told, cents, lambda: self.balance_cents(uid) - before, timeout_s)

    def note_balance(self, uid: str) -> None:
        """Remember what is on the wallet of a token, for expect_change; LedgerSilent when it is not told."""
        self.noted_cents[uid] = self.balance_cents(uid)

    def balance_cents(self, uid: str) -> int:
        """Return what the ledger tells this terminal of a token's wallet; LedgerSilent when it does not."""
        return balance_cents(self.config["ledger_url"], self.config["api_token"], uid)

    def _has_said(self, text: str, in_lines_with: str = "") -> bool:
        return any(text in line and in_lines_with in line for line in self.console)

    def _keys(self) -> set[str]:
        return {request.key for request in self.network.requests if request.key is not None}

    def _expect(self, otherwise: str, holds: Callable[[], bool], timeout_s: float) -> None:
        try:
            self.wait_until(holds, timeout_s)
        except NotSeen as error:
            raise NotSeen(f"{otherwise}: {error}") from None

    def _expect_count(self, what: str, wanted: int, count: Callable[[], int], timeout_s: float) -> None:
        with contextlib.suppress(NotSeen):
            self.wait_until(lambda: count() >= wanted, timeout_s)
        self._require_same(what, wanted, count())

    def _expect_same(self, what: str, wanted: int, read: Callable[[], int], timeout_s: float) -> None:
        with contextlib.suppress(NotSeen):
            self.wait_until(lambda: read() == wanted, timeout_s)
        self._require_same(what, wanted, read())

    def _expect_told(self, what: str, wanted: int, ask: Callable[[], int], timeout_s: float) -> None:
        until_s = self.seconds + timeout_s
        while (told := ask()) != wanted and self.seconds < until_s:
            self.run_all_for(LOOK_AT_LEDGER_EVERY_S)
        self._require_same(what, wanted, told)

    def _require_same(self, what: str, wanted: int, found: int) -> None:
        if found != wanted:
            raise NotSeen(f"{what} should be {wanted} and is {found}\n{self.report()}")


EXPECTATIONS: dict[str, Expectation] = {
    "expect_display": Expectation("a text on the display", (str,)),
    "expect_console": Expectation("a text on the console, now or earlier", (str,)),
    "expect_health": Expectation("a text in the health report, now or earlier", (str,)),
    "expect_power": Expectation("the power on or off", (bool,)),
    "expect_relay": Expectation("so many closures of the relay", (int,)),
    "expect_cups": Expectation("so many cups begun", (int,)),
    "expect_sold": Expectation("so many items of the vending machine given for credit", (int,)),
    "expect_posts": Expectation("so many postings sent", (int,)),
    "expect_keys": Expectation("so many different idempotency keys", (int,)),
    "expect_journal": Expectation("so many unsettled records in the device's journal", (int,)),
    "expect_coin_returned": Expectation("a coin of so many cents that falls through", (int,)),
    "expect_balance": Expectation("so many cents in the wallet of a token", (int,), is_of_token=True),
    "expect_change": Expectation(
        "so many cents more, or less, since the beginning", (int,), is_of_token=True
    ),
}
