"""A full disk, and a database that may not be written, under SQLite: refused with a reason, never broken.

.venv/bin/python -m benchmarks.faults.disk [--rounds 5]

Full is a limit on the size of files, and for root also a file system of a few megabytes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.asking import ask
from benchmarks.faults.console import conclude, options, progress
from benchmarks.faults.customers import Customers
from benchmarks.faults.receipts import findings
from benchmarks.faults.server import Server, serving
from benchmarks.faults.shop import Shop, furnish

DEBITS = 30
REFUSALS = 20
READABLE = 200
PIECE_BYTES = 4096
ROOM_BYTES = 12 * 1024 * 1024
# What is left of it when it is called full: some more debits, and then none.
LAST_ROOM_BYTES = 64 * 1024
# root writes what it likes, unless it is started without the right to.
_WITHOUT_ITS_RIGHTS = ("setpriv", "--bounding-set", "-dac_override")


@dataclass
class Dearth:
    """What came of it: what clients were told, in which words, and what is wrong now."""

    statuses: Counter = field(default_factory=Counter)
    words: set[str] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)


def fill_by_limit(folder: Path, rounds: int = 1) -> Dearth:
    """Let no file grow any more, so often, and then again."""
    shop = furnish(f"sqlite:///{folder / 'books.db'}")

    @contextmanager
    def full(server: Server) -> Iterator[None]:
        largest = max(path.stat().st_size for path in folder.iterdir()) + LAST_ROOM_BYTES
        _limit(server, largest)
        yield
        _limit(server, resource.RLIM_INFINITY)

    return _suffer(shop, full, rounds)


def fill_disk(rounds: int = 1) -> Dearth:
    """Fill a small file system to the last byte, and make room again; only root may mount one."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "none", folder], check=True)
        try:
            return _suffer(furnish(f"sqlite:///{folder}/books.db"), _ballast(Path(folder)), rounds)
        finally:
            subprocess.run(["umount", folder], check=True)


def forbid_writing(folder: Path) -> Dearth:
    """Start a server on a database that it may only read, and then another that may write.

    The first cannot be helped: SQLite shares what it has opened read-only among a process's connections.
    """
    shop = furnish(f"sqlite:///{folder / 'books.db'}")
    came = Dearth()
    _set_mode(folder, 0o444)
    prefix = _WITHOUT_ITS_RIGHTS if os.geteuid() == 0 else ()
    servers = [Server(shop.environment, prefix=prefix)]
    try:
        with Customers(shop, lambda: servers[-1].port) as customers:
            customers.wait_for_refusals(REFUSALS)
            _read(came, shop, servers[-1])
            servers[-1].stop()
            _set_mode(folder, 0o644)
            servers.append(Server(shop.environment, prefix=prefix))
            customers.wait_for(DEBITS)
    finally:
        servers[-1].stop()
    return _conclude(came, shop, customers)


def _suffer(shop: Shop, full: Callable, rounds: int) -> Dearth:
    came = Dearth()
    with serving(shop.environment) as server, Customers(shop, lambda: server.port) as customers:
        for number in range(rounds):
            customers.wait_for(DEBITS)
            with full(server):
                customers.wait_for_refusals(REFUSALS)
                _read(came, shop, server)
            customers.wait_for(DEBITS)
            progress(f"{number + 1} of {rounds} times full, {customers.settled} debits settled")
    return _conclude(came, shop, customers)


def _conclude(came: Dearth, shop: Shop, customers: Customers) -> Dearth:
    came.statuses, came.words = customers.statuses, customers.refusals
    came.findings += findings(shop, customers.receipts)
    return came


def _read(came: Dearth, shop: Shop, server: Server) -> None:
    """What is in the books must be readable where nothing can be written."""
    token_id = next(iter(shop.wallets))
    status, _ = ask(server.port, "GET", f"/pos/wallets/token/{token_id}", shop.api_token)
    if status != READABLE:
        came.findings.append(f"a balance was answered {status} while nothing could be written")


def _set_mode(folder: Path, mode: int) -> None:
    # The log and the shared memory beside the books are made with the mode that the books have.
    for path in folder.glob("books.db*"):
        path.chmod(mode)


def _limit(server: Server, size_bytes: int) -> None:
    for pid in server.processes():
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, hard))


def _ballast(folder: Path) -> Callable:
    @contextmanager
    def full(_server: Server) -> Iterator[None]:
        ballast = folder / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(PIECE_BYTES))
        yield
        ballast.unlink()

    return full


def main() -> None:
    """Fill, forbid, check and print."""
    asked = options(__doc__, rounds=5)
    dearths = {}
    if os.geteuid() == 0:
        dearths["disk full"] = fill_disk(asked.rounds)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        dearths["files limited"] = fill_by_limit(Path(folder), asked.rounds)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        dearths["read-only"] = forbid_writing(Path(folder))
    facts = [f"{name}: {dict(came.statuses)}, in these words: {came.words}" for name, came in dearths.items()]
    conclude(facts, Counter(), [said for came in dearths.values() for said in came.findings])


if __name__ == "__main__":
    main()
