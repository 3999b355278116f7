"""Power cuts on SQLite: the files that a server wrote under load, as a cut at any moment may leave them.

.venv/bin/python -m benchmarks.faults.power_cut [--rounds 600] [--synchronous NORMAL]

Needs strace. With NORMAL in place of the FULL that the ledger asks for, answered debits are lost: the
harness sees what it is there to see.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.faults.console import Say, conclude, options, progress
from benchmarks.faults.customers import Customers
from benchmarks.faults.images import Disk
from benchmarks.faults.receipts import Receipt, read_books
from benchmarks.faults.server import serving, twisted, wait_for_end
from benchmarks.faults.shop import Shop, broken_proofs, furnish
from benchmarks.faults.traces import Answer, Event, Sync, Write, command, read_trace, tracer_of

DEBITS = 600
TRACER_TIMEOUT_S = 60


@dataclass
class Cuts:
    """What came of it: what was recorded, and how many images lost answers or were no whole books."""

    statuses: Counter
    events: Counter = field(default_factory=Counter)
    images: int = 0
    losing: int = 0
    lost: int = 0
    most_lost: int = 0
    broken: list[str] = field(default_factory=list)


def cut_power(
    images: int, *, debits: int = DEBITS, synchronous: str = "", seed: int = 1, say: Say = progress
) -> Cuts:
    """Trace a server for so many debits, then look at so many images of its files."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        place = Path(folder, "books")
        place.mkdir()
        shop = furnish(f"sqlite:///{place / 'books.db'}")
        disk_before = {path.name: path.read_bytes() for path in place.iterdir()}
        receipts, statuses = _record(shop, Path(folder, "trace"), debits, synchronous)
        with Path(folder, "trace").open() as trace:
            events = read_trace(trace, place)
        for path in place.iterdir():
            path.unlink()
        for name, content in disk_before.items():
            Path(place, name).write_bytes(content)
        came = Cuts(statuses, Counter(type(event).__name__ for event in events))
        for count, findings in enumerate(_look(shop, place, events, receipts, images, seed), 1):
            _count(came, *findings)
            say(f"{count} of {images} images, {came.losing} lost an answer")
    return came


def _record(shop: Shop, trace: Path, debits: int, synchronous: str) -> tuple[list[Receipt], Counter]:
    twist = {"FAULTS_SYNCHRONOUS": synchronous} if synchronous else {}
    environment = twisted(shop.environment, **twist)
    with (
        serving(environment, prefix=command(trace)) as server,
        Customers(shop, lambda: server.port) as customers,
    ):
        tracer = tracer_of(server.process.pid)
        customers.wait_for(debits, timeout_s=debits)
    wait_for_end([tracer], TRACER_TIMEOUT_S)
    return customers.receipts, customers.statuses


def _look(
    shop: Shop, place: Path, events: list[Event], receipts: list[Receipt], images: int, seed: int
) -> Iterator[tuple[set[str], list[str]]]:
    random = Random(seed)
    told = {(shop.wallets[receipt.token_id], receipt.balance_cents): receipt.key for receipt in receipts}
    moments = _moments(events, images, random)
    disk, answered, at = Disk(place, events), set(), 0
    for moment in moments:
        disk.go_to(moment)
        passed = (event for event in events[at:moment] if isinstance(event, Answer))
        keys = (told.get((event.wallet, event.balance_cents)) for event in passed)
        answered |= {key for key in keys if key}
        at = moment
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            disk.image(Path(folder), random)
            yield _examine(shop.at(f"sqlite:///{folder}/books.db"), answered)


def _moments(events: list[Event], images: int, random: Random) -> list[int]:
    # Between the first answer and the last: before and after, there is nothing to lose.
    answers = [number for number, event in enumerate(events) if isinstance(event, Answer)]
    return sorted(random.randint(answers[0] + 1, answers[-1] + 1) for _ in range(images))


def _examine(image: Shop, answered: set[str]) -> tuple[set[str], list[str]]:
    try:
        broken = broken_proofs(image)
        booked, _ = read_books(image)
    except Exception as error:  # whatever it is: books that cannot be read are what is looked for
        return set(), [f"the image cannot be read: {error!r}"]
    return answered - {debit.key for debit in booked}, broken


def _count(came: Cuts, lost: set[str], broken: list[str]) -> None:
    came.images += 1
    came.losing += bool(lost)
    came.lost += len(lost)
    came.most_lost = max(came.most_lost, len(lost))
    came.broken += broken


def main() -> None:
    """Record, cut, look and print."""
    extra = {"--synchronous": ("FULL", "NORMAL", "OFF")}
    asked = options(__doc__, rounds=600, choices=extra)
    came = cut_power(asked.rounds, synchronous=asked.synchronous or "", seed=asked.seed)
    facts = [
        f"synchronous={asked.synchronous or 'as the ledger asks'}: {came.events[Answer.__name__]} answers,"
        f" {came.events[Write.__name__]} writes, {came.events[Sync.__name__]} syncs",
        f"{came.losing} of {came.images} images lost answered debits, {came.most_lost} at most",
    ]
    findings = [f"{came.lost} answered debits were lost"] if came.lost else []
    conclude(facts, came.statuses, findings + came.broken)


if __name__ == "__main__":
    main()
