"""`sim fleet`: a festival evening on a ledger, by many terminals; its progress, its end, and its account."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from terminal_sim.cli import Refusal
from terminal_sim.control import Refused
from terminal_sim.fleet.evening import Evening, Outcome
from terminal_sim.fleet.firmware import firmware
from terminal_sim.fleet.plan import Pace
from terminal_sim.fleet.premises import Premises, audit, prepare, read_premises
from terminal_sim.fleet.report import Report
from terminal_sim.fleet.room import DEVICES, available_bytes, require_room, require_vm
from terminal_sim.fleet.roster import require_ledger

LINE_EVERY_S = 10.0
_GUESTS_PER_TERMINAL = 3


@click.command()
@click.option("--ledger", "url", default="http://127.0.0.1:8080", show_default=True, help="Its address.")
@click.option(
    "--prepare",
    "is_prepared_here",
    is_flag=True,
    help="Have terminals and guests made in the books of TAPLEDGER_DATABASE_URL, named Fleet …",
)
@click.option("--yes", "is_mixed", is_flag=True, help="Prepare also where others have money in these books.")
@click.option(
    "--tokens-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Terminals and guests, as `tapledger db fleet-data --json` prints them.",
)
@click.option(
    "--terminals", default=100, show_default=True, type=click.IntRange(2, 999), help="How many to prepare."
)
@click.option(
    "--vms",
    type=click.IntRange(0, 999),
    help="How many of them are devices with the real firmware; by default 2 where they can run.",
)
@click.option("--taps-per-minute", default=600, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--minutes", default=1.0, show_default=True, type=click.FloatRange(0, 24 * 60, min_open=True))
@click.option(
    "--lost",
    "lost_percent",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 50),
    help="Of a hundred bookings, so many lose a request, an answer or their connection.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same taps.")
@click.option(
    "--receipts",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what the terminals were told, for `tapledger audit --receipts`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def fleet(receipts: Path | None, as_json: bool, **options: Any) -> None:
    """Let many terminals sell at a ledger, and hold its balances against what they were told.

    The load test of a festival evening: bars and cash desks, tokens that come at two bars at once, that
    nobody knows or that are short of money, and a network that loses some of it. All but --vms are light
    terminals: the firmware's ledger client without a device around it. Exit status 1 when the books differ.
    Ctrl-C ends the evening early, with its account.
    """
    try:
        if receipts:
            # Whether that can be done is known before the evening, not after it.
            receipts.write_text("")
        report = _evening(**options)
        if receipts:
            told = report.outcome.account.receipts()
            receipts.write_text("".join(f"{line}\n" for line in told), encoding="utf-8")
    except (Refused, OSError) as error:
        raise Refusal(" ".join(str(error).split())) from None
    click.echo(json.dumps(report.as_dict()) if as_json else report.text())
    if not report.holds:
        sys.exit(1)


def _evening(*, url: str, vms: int | None, seed: int, is_prepared_here: bool, **options: Any) -> Report:
    """Prepare, hold the evening and have the books audited where they are."""
    _check(url)
    devices = _devices(url, vms)
    premises = _premises(url, is_prepared_here, **options)
    pace = Pace(options["taps_per_minute"], options["minutes"], options["lost_percent"] / 100)
    outcome = asyncio.run(_hold(url, premises, pace, devices, seed))
    proven = None
    if is_prepared_here:
        _say("asking the ledger for its audit")
        proven = audit(outcome.account.receipts())
    return Report(outcome, proven, seed)


def _check(url: str) -> None:
    config = firmware()["system.config"]
    try:
        config.parse_url(url)
    except config.ConfigError:
        raise Refused(f"{url!r} is no address of a ledger: it looks like http://127.0.0.1:8080") from None


def _premises(
    url: str, is_prepared_here: bool, *, tokens_file: Path | None, terminals: int, is_mixed: bool, **_: Any
) -> Premises:
    if bool(tokens_file) == is_prepared_here:
        raise Refused(
            "give either --prepare, which makes terminals and guests in the books of this machine, or "
            "--tokens-file with those that `tapledger db fleet-data --json` has made where the books are"
        )
    if tokens_file:
        return read_premises(tokens_file)
    asyncio.run(require_ledger(url))
    guests = _GUESTS_PER_TERMINAL * terminals
    _say(f"preparing {terminals} terminals and {guests} guests, all of them named Fleet …")
    return prepare(terminals, guests, is_mixed=is_mixed)


def _devices(url: str, vms: int | None) -> int:
    """Return how many devices there are to be; raises Refused where they were asked for and cannot run."""
    devices = DEVICES if vms is None else vms
    if not devices:
        return 0
    try:
        if url.startswith("https"):
            raise Refused("the simulated network of a device has no TLS: take --vms 0 for an https ledger")
        require_vm()
        require_room(devices, available_bytes())
    except Refused as error:
        if vms is not None:
            raise
        _say(f"no devices, light terminals only: {error}")
        return 0
    return devices


async def _hold(url: str, premises: Premises, pace: Pace, devices: int, seed: int) -> Outcome:
    with _progress() as count:
        evening = Evening(url, premises, say=_say, count=count)
        with _interruptible(evening.stop):
            return await evening.run(pace, devices, seed)


@contextmanager
def _interruptible(stop: Callable[[], Any]) -> Iterator[None]:
    """Let the first Ctrl-C stop the evening, and the second one everything."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    interrupts = []

    def interrupt() -> None:
        interrupts.append(1)
        if len(interrupts) > 1:
            task.cancel()
            return
        _say("\nending early: what was begun is settled first; Ctrl-C again ends at once")
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    except asyncio.CancelledError:
        raise Refused("ended at once: what was begun may be booked or not") from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Give what shows how many taps are done: a bar for a person who watches, else a line now and then."""
    if not sys.stderr.isatty():
        yield _line_now_and_then(time.monotonic())
        return
    bars: list[Any] = []

    def count(done: int, planned: int) -> None:
        if not bars:
            bars.append(click.progressbar(length=planned, label="taps", show_pos=True, file=sys.stderr))
        bars[0].update(done - bars[0].pos)

    try:
        yield count
    finally:
        for bar in bars:
            bar.render_finish()


def _line_now_and_then(since_s: float) -> Callable[[int, int], None]:
    def count(done: int, planned: int) -> None:
        nonlocal since_s
        if time.monotonic() - since_s >= LINE_EVERY_S or done == planned:
            since_s = time.monotonic()
            _say(f"{done} of {planned} taps")

    return count


def _say(text: str) -> None:
    click.echo(text, err=True)
