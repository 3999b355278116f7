"""What a debit costs as the books grow, and what a long history costs its wallet, as ratios in one run.

.venv/bin/python -m benchmarks.growth [--database sqlite|postgresql] [--sizes 1000 100000 1000000 10000000]

There is one ledger for each size, and they are debited in turn, so that whatever else the machine does
meets all of them: in groups, as the writer books them, and one debit alone. CPU is this process's and, on
PostgreSQL, its backend's. What is read is read from the largest ledger.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import mean, median

from sqlalchemy import text
from sqlalchemy.engine import make_url

from benchmarks.faults.console import progress
from benchmarks.faults.postgresql import running_cluster
from benchmarks.faults.shop import DATABASES, opened
from benchmarks.servers import cpu_ns
from benchmarks.volume import TERMINALS, fill, token_id
from ledger.domain.devices.commands import roll_api_token
from ledger.domain.devices.queries import authenticated
from ledger.domain.wallets.commands import debit, top_up_by_hand
from ledger.domain.wallets.pairing import open_wallet
from ledger.domain.wallets.queries import statement, wallet_by_token
from ledger.foundation.actor import Actor, operator_on_this_machine
from ledger.service import Ledger
from ledger.storage.command import Request
from ledger.storage.schema import upgrade

SIZES = (1_000, 100_000, 1_000_000, 10_000_000)
WALLETS = 1_000
# What the writer finds waiting under load, and how often a ledger is debited before the next one's turn.
GROUP = 16
GROUPS_A_TURN = 4
PAGE = 100
READS = 200
_BACKENDS = """SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'"""
# The wallet that has one posting in a hundred, and one that has just more than a page of them.
LONG_TOKEN, NEW_TOKEN = token_id(0), "04FFFFFFFFFFFF"


@dataclass
class Costs:
    """What was measured, in microseconds a debit."""

    cpu_us: list[float] = field(default_factory=list)
    wall_us: list[float] = field(default_factory=list)


class Books:
    """A filled ledger, its terminals that debit its wallets, and what that has cost."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.together, self.alone = Costs(), Costs()
        self._terminals = _terminals(ledger)
        self._random = Random(1)
        self._numbers = itertools.count(1)
        self._backends = _backends(ledger)

    def turn(self) -> None:
        """Debit some groups of wallets, and then as many wallets alone."""
        for _ in range(GROUPS_A_TURN):
            self._measure(self.together, self._requests(GROUP))
        for _ in range(GROUPS_A_TURN):
            self._measure(self.alone, self._requests(1))

    def forget(self) -> None:
        """Begin to measure here."""
        self.together, self.alone = Costs(), Costs()

    def _measure(self, costs: Costs, requests: list[Request]) -> None:
        cpu_ns, wall_ns = self._cpu_ns(), time.perf_counter_ns()
        if len(requests) == 1:
            self.ledger.runner.run_alone(requests[0])
            outcomes = []
        else:
            outcomes = self.ledger.runner.run_together(requests)
        costs.wall_us.append((time.perf_counter_ns() - wall_ns) / len(requests) / 1000)
        costs.cpu_us.append((self._cpu_ns() - cpu_ns) / len(requests) / 1000)
        for failure in (outcome for outcome in outcomes if isinstance(outcome, Exception)):
            raise failure

    def _requests(self, count: int) -> list[Request]:
        tokens = sorted(token_id(self._random.randrange(WALLETS)) for _ in range(count))
        return [self._request(token) for token in tokens]

    def _request(self, token: str) -> Request:
        # A key as a device makes it: its id, the number of its start, and a number that rises.
        key = f"0f3c9a1e-1-{next(self._numbers)}"
        asked = {"token_id": token, "amount_cents": 1, "description": "Coffee", "tag": "coffee"}
        return Request.of(debit, actor=self._random.choice(self._terminals), key=key, arguments=asked)

    def _cpu_ns(self) -> int:
        return time.process_time_ns() + sum(map(cpu_ns, self._backends))


def main() -> None:
    """Fill, measure and print."""
    options = _options()
    with ExitStack() as stack:
        urls = stack.enter_context(_databases(options.database))
        books = {size: Books(_filled(stack, urls, size)) for size in sorted(options.sizes)}
        measure(list(books.values()), options.rounds)
        print_debits(books)
        print_reads(books[max(books)].ledger)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="POSTINGS")
    parser.add_argument("--rounds", type=int, default=25)
    return parser.parse_args()


@contextmanager
def _databases(kind: str) -> Iterator[Callable[[str], str]]:
    """Give what makes an empty database of a name and returns its URL."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="growth-") as folder:
            yield lambda name: f"sqlite:///{Path(folder, name)}.db"
        return
    with running_cluster() as cluster:

        def create(name: str) -> str:
            cluster.execute(f"CREATE DATABASE {name}")
            return make_url(cluster.url).set(database=name).render_as_string(hide_password=False)

        yield create


def _filled(stack: ExitStack, create: Callable[[str], str], size: int) -> Ledger:
    url = create(f"postings_{size}")
    with opened(url) as ledger:
        upgrade(ledger.database.engine)
        fill(ledger, postings=size, wallets=WALLETS, tell=lambda done: progress(f"{done} of {size} postings"))
        progress("")
        _tidy(ledger)
    # Opened anew: the one that filled has set its connection up for that.
    return stack.enter_context(opened(url))


def _tidy(ledger: Ledger) -> None:
    """Do at once what PostgreSQL would have done by itself in the months that so many postings take."""
    if ledger.database.engine.dialect.name == "postgresql":
        with ledger.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("VACUUM (ANALYZE)"))
            connection.execute(text("CHECKPOINT"))


def _terminals(ledger: Ledger) -> list[Actor]:
    actor = operator_on_this_machine()
    rolled = [
        ledger.run(roll_api_token, actor=actor, slug=f"volume_{number}").answer for number in range(TERMINALS)
    ]
    return [ledger.read(authenticated, api_token=terminal.api_token)[1] for terminal in rolled]


def _backends(ledger: Ledger) -> list[int]:
    if ledger.database.engine.dialect.name != "postgresql":
        return []
    with ledger.database.reading() as reader:
        return [row.pid for row in reader.all(text(_BACKENDS))]


def measure(all_books: Sequence[Books], rounds: int) -> None:
    """Debit the ledgers in turn, in another order each time; the first round warms up."""
    random = Random(1)
    for number in range(rounds + 1):
        for books in random.sample(all_books, len(all_books)):
            books.turn()
            if number == 0:
                books.forget()
        progress(f"{number} of {rounds} rounds")
    progress("")


def print_debits(books: dict[int, Books]) -> None:
    """Print what a debit cost in each ledger, and how many times what it cost in the smallest one."""
    columns = {
        f"CPU in groups of {GROUP}, p50": lambda each: median(each.together.cpu_us),
        "mean": lambda each: mean(each.together.cpu_us),
        "time in groups, p50": lambda each: median(each.together.wall_us),
        "CPU alone, p50": lambda each: median(each.alone.cpu_us),
        "time alone, p50": lambda each: median(each.alone.wall_us),
    }
    print("microseconds a debit, and how many times the smallest ledger's")
    print(f"{'postings':>12}", *(f"{name:>26}" for name in columns))
    first = books[min(books)]
    for size, each in books.items():
        told = (f"{of(each):15,.0f}    × {of(each) / of(first):5.2f}" for of in columns.values())
        print(f"{size:12,}", *(f"{cell:>26}" for cell in told), flush=True)


def print_reads(ledger: Ledger) -> None:
    """Print how fast a wallet with a long history answers beside one with little more than a page."""
    postings = {token: _postings_of(ledger, token) for token in (LONG_TOKEN, _new_wallet(ledger))}
    codes = {token: ledger.read(wallet_by_token, token_id=token).code for token in postings}
    reads = {
        "balance": lambda token: ledger.read(wallet_by_token, token_id=token),
        "first page of the history": lambda token: ledger.read(statement, code=codes[token], limit=PAGE),
    }
    for name, read in reads.items():
        times_us: dict[str, list[float]] = {token: [] for token in postings}
        for token in list(postings) * READS:
            began_ns = time.perf_counter_ns()
            read(token)
            times_us[token].append((time.perf_counter_ns() - began_ns) / 1000)
        long_us, new_us = (median(times_us[token]) for token in postings)
        told = " and ".join(f"{count:,}" for count in postings.values())
        print(f"{name} of a wallet with {told} postings, p50: {long_us:,.0f} and {new_us:,.0f} µs", end="")
        print(f", × {long_us / new_us:.2f}")


def _new_wallet(ledger: Ledger) -> str:
    actor, currency = operator_on_this_machine(), ledger.settings.currency
    wallet = ledger.run(open_wallet, actor=actor, currency=currency, token_id=NEW_TOKEN).answer
    for _ in range(PAGE + 1):
        credit = {"wallet_code": wallet.code, "amount_cents": 1, "description": "Float"}
        ledger.run(top_up_by_hand, actor=actor, **credit)
    return NEW_TOKEN


def _postings_of(ledger: Ledger, token: str) -> int:
    touching = text("SELECT count(*) FROM postings WHERE source_id = :id OR destination_id = :id")
    account_id = ledger.read(wallet_by_token, token_id=token).account_id
    with ledger.database.reading() as reader:
        return reader.scalar(touching, id=account_id)


if __name__ == "__main__":
    main()
